import { type DescMessage, type MessageShape, toJson } from '@bufbuild/protobuf';
import type { z } from 'zod';
import { Refusal } from '../refusal.ts';

/** Issues shown at most. */
const MAX_ISSUES = 20;

/**
 * Reads a message with the schema that REST reads its body with: the names of fields are the same, and what a message
 * leaves out is absent. Refuses with `invalid_request`, which names the fields.
 */
export function readRequest<S extends DescMessage, T>(
  input: z.ZodType<T>,
  schema: S,
  message: MessageShape<S>,
): T {
  return read(input, jsonOf(schema, message));
}

/** Reads values that were taken from a message. Refuses as `readRequest` does. */
export function read<T>(input: z.ZodType<T>, values: unknown): T {
  const result = input.safeParse(values);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, MAX_ISSUES).map(({ path, message }) => ({
    path: path.map(String).join('.'),
    message,
  }));
  const first = issues[0];
  const where = first?.path ? `${first.path}: ` : '';
  throw new Refusal('invalid_request', `${where}${first?.message ?? 'The request is not valid.'}`, {
    issues,
    cause: result.error,
  });
}

function jsonOf<S extends DescMessage>(schema: S, message: MessageShape<S>): unknown {
  try {
    return toJson(schema, message, { useProtoFieldName: true });
  } catch (error) {
    // A time before the year 1, a number that JSON has no word for.
    throw new Refusal('invalid_request', 'The request holds a value that is out of range.', { cause: error });
  }
}
