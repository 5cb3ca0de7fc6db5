import { type GraphQLError, Kind } from 'graphql';
import type { InputIssue } from '../refusal.ts';
import { camelCase } from './read-input.ts';

/**
 * What is wrong, in the names of the arguments that the field was given: use cases that read a request further than its
 * schema speak of REST's `body` and `query`.
 */
export function inArgumentNames(issues: InputIssue[], at: GraphQLError | null): InputIssue[] {
  const [field] = at?.nodes ?? [];
  const given = field?.kind === Kind.FIELD ? (field.arguments ?? []).map(({ name }) => name.value) : [];
  return issues.map(({ path, message }) => ({ path: argumentPath(path, given), message }));
}

function argumentPath(path: string, given: string[]): string {
  const [part, ...rest] = path.split('.');
  if (part !== 'body' && part !== 'query') return path;
  const [name = '', ...inner] = rest.map(camelCase);
  if (name === 'cursor' && given.includes('after')) return 'after';
  const whole = given.includes(name) ? undefined : given.find((one) => one === 'input' || one === 'changes');
  return [...(whole === undefined ? [] : [whole]), name, ...inner].join('.');
}
