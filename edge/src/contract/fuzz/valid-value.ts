import fc from 'fast-check';
import { isSchema, resolved } from '../closed-schema.ts';
import type { Schema } from '../operations.ts';

/** Values that are sure to be there, by the name of the field or parameter. */
export type KnownValues = Record<string, string[]>;

const MOST_CHARACTERS = 300;
const MOST_ENTRIES = 6;

/** Values of a schema of the document. What a field's name promises to exist often does. */
export function validValue(given: Schema, known: KnownValues, name = ''): fc.Arbitrary<unknown> {
  const schema = resolved(given);
  const found = known[name];
  if (found && found.length > 0)
    return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...found) }, ofType(schema, known));
  return ofType(schema, known);
}

function ofType(schema: Schema, known: KnownValues): fc.Arbitrary<unknown> {
  const { anyOf, oneOf, enum: values, type } = schema;
  for (const choices of [anyOf, oneOf]) {
    if (Array.isArray(choices))
      return fc.oneof(...choices.filter(isSchema).map((choice) => validValue(choice, known)));
  }
  if (Array.isArray(values)) return fc.constantFrom(...values);
  if ('const' in schema) return fc.constant(schema.const);
  if (Array.isArray(type)) {
    return fc.oneof(...type.map((one: unknown) => ofType({ ...schema, type: one }, known)));
  }
  switch (type) {
    case 'string':
      return text(schema);
    case 'integer':
      return wholeNumber(schema);
    case 'number':
      return fc.double({
        min: numberOr(schema.minimum, -1e9),
        max: numberOr(schema.maximum, 1e9),
        noNaN: true,
      });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return list(schema, known);
    case 'object':
      return object(schema, known);
    default:
      return fc.jsonValue();
  }
}

function text({ format, pattern, minLength, maxLength }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'uri') return fc.webUrl({ withQueryParameters: true });
  if (format === 'date-time') return moment;
  if (typeof pattern === 'string') return fc.stringMatching(new RegExp(pattern));
  const most = Math.min(numberOr(maxLength, MOST_CHARACTERS), MOST_CHARACTERS);
  return fc.string({ unit: 'binary', minLength: numberOr(minLength, 0), maxLength: most });
}

/** RFC 3339 allows more than most calendars know: year 0, offsets of a day, any number of digits. */
const moment = fc
  .record({
    date: fc.date({
      min: new Date('0000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    }),
    digits: fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,12}$/), fc.constant(`.${'1'.repeat(200)}`)),
    zone: fc.oneof(fc.constant('Z'), fc.stringMatching(/^[+-]([01]\d|2[0-3]):[0-5]\d$/)),
  })
  .map(({ date, digits, zone }) => `${date.toISOString().slice(0, 19)}${digits}${zone}`);

function wholeNumber({ minimum, maximum }: Schema): fc.Arbitrary<number> {
  const [min, max] = [numberOr(minimum, -(2 ** 31)), numberOr(maximum, 2 ** 31)];
  return fc.oneof(
    fc.constantFrom(min, max),
    fc.maxSafeInteger().map((n) => min + (Math.abs(n) % (max - min + 1))),
  );
}

function list({ items, minItems, maxItems }: Schema, known: KnownValues): fc.Arbitrary<unknown> {
  const one = isSchema(items) ? validValue(items, known) : fc.jsonValue();
  const least = numberOr(minItems, 0);
  return fc.array(one, {
    minLength: least,
    maxLength: Math.max(least, Math.min(numberOr(maxItems, MOST_ENTRIES), MOST_ENTRIES)),
  });
}

function object(
  { properties, required, additionalProperties }: Schema,
  known: KnownValues,
): fc.Arbitrary<unknown> {
  if (!isSchema(properties)) {
    const value = isSchema(additionalProperties) ? ofType(additionalProperties, known) : fc.jsonValue();
    return fc.dictionary(fc.string({ unit: 'binary', maxLength: 20 }), value, { maxKeys: MOST_ENTRIES });
  }
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [
      name,
      validValue(isSchema(inner) ? inner : {}, known, name),
    ]),
  );
  const needed = Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
  return fc.record(fields, { requiredKeys: needed, noNullPrototype: true });
}

function numberOr(value: unknown, other: number): number {
  return typeof value === 'number' ? value : other;
}
