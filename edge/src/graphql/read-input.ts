import { z } from 'zod';
import { type InputIssue, Refusal } from '../refusal.ts';

/** Issues shown at most: enough to mend the input, never a page of them. */
const MAX_ISSUES = 20;

/**
 * Input as a schema reads it. The schemas are those of all doors and speak snake_case; what is wrong is told in the
 * names of this one, below the path of the argument. Refuses with `invalid_request`.
 */
export function readInput<T>(schema: z.ZodType<T>, value: unknown, path: string[]): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, MAX_ISSUES).map((issue) => ({
    path: [...path, ...issue.path.map((part) => camelCase(String(part)))].join('.'),
    message: camelCase(issue.message),
  }));
  throw invalid(issues);
}

const uuid = z.uuid('must be a UUID');

/** An id that is to be changed. */
export function requireId(id: string, name = 'id'): string {
  return readInput(uuid, id, [name]);
}

/** Whether something can have this id at all. */
export function isId(id: string): boolean {
  return uuid.safeParse(id).success;
}

/** The fields that are there, in the names that schemas know; null reads as left out. */
export function inSnakeCase(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [snakeCase(name), value]),
  );
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function invalid(issues: InputIssue[]): Refusal {
  const [first] = issues;
  const detail = first ? `${first.path}: ${first.message}` : 'The input is not valid.';
  return new Refusal('invalid_request', detail, { issues });
}

export function camelCase(text: string): string {
  return text.replace(/([a-z])_([a-z])/g, (_, before: string, after: string) => before + after.toUpperCase());
}
