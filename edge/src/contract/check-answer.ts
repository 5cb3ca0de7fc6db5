import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { closedSchema } from './closed-schema.ts';
import { codesIn, type DocumentedResponse, type Operation, type Schema } from './operations.ts';
import type { Answer } from './send.ts';

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
const compiled = new Map<Schema, ReturnType<typeof ajv.compile>>();

/**
 * What an answer has that its operation does not document: status, content type, headers, body, code. Empty when all is
 * as promised. Fields that no schema names count too.
 */
export function breaches(operation: Operation, answer: Answer): string[] {
  const response = operation.responses[answer.status];
  if (!response) return [`status ${answer.status} is not documented: ${answer.text.slice(0, 300)}`];
  return [...breachesOfHeaders(response, answer), ...breachesOfBody(response, answer)];
}

/** The code of a problem; null of any other answer. */
function codeOf(answer: Answer): string | null {
  if (answer.headers.get('content-type') !== 'application/problem+json') return null;
  const code: unknown = JSON.parse(answer.text).code;
  return typeof code === 'string' ? code : null;
}

/** How a request ended, in the words of the cases: the code of a problem, else the status. */
export function outcomeOf(answer: Answer): string {
  return codeOf(answer) ?? String(answer.status);
}

function breachesOfHeaders({ headers = {} }: DocumentedResponse, answer: Answer): string[] {
  return Object.entries(headers).flatMap(([name, { required, schema }]) => {
    const value = answer.headers.get(name);
    if (value === null) return required ? [`header ${name} is missing`] : [];
    return invalid(schema, value).map((error) => `header ${name}: ${error}`);
  });
}

function breachesOfBody(response: DocumentedResponse, answer: Answer): string[] {
  const given = answer.headers.get('content-type');
  const type = given?.split(';')[0];
  if (!response.content) return answer.text === '' ? [] : [`a body (${given}) is not documented`];
  const media = type === undefined ? undefined : response.content[type];
  if (!media) return [`content type ${given} is not documented`];
  if (!type?.endsWith('json')) return invalid(media.schema, answer.text);
  const errors = invalid(media.schema, JSON.parse(answer.text));
  const code = codeOf(answer);
  if (code === null) return errors;
  if (!codesIn(response.description).includes(code)) errors.push(`code ${code} is not documented`);
  if (JSON.parse(answer.text).status !== answer.status) errors.push('the status in the body is another');
  return errors;
}

function invalid(schema: Schema, value: unknown): string[] {
  const validate = compiled.get(schema) ?? ajv.compile(closedSchema(schema));
  compiled.set(schema, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `body${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
