import { described, type Schema } from './operations.ts';

/** A schema with its references written out, in which an object may hold nothing but what is named. */
export function closedSchema(schema: Schema): Schema {
  return close(schema, true);
}

/** What a schema stands for, when it is a reference. */
export function resolved(schema: Schema): Schema {
  const { $ref: reference, ...rest } = schema;
  if (typeof reference !== 'string') return schema;
  const name = reference.replace('#/components/schemas/', '');
  const target = described.components.schemas[name];
  if (!target) throw new Error(`the document has no schema ${reference}`);
  return { ...resolved(target), ...rest };
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function close(given: Schema, isWhole: boolean): Schema {
  const schema = resolved(given);
  const inner = Object.entries(schema).map(([name, value]): [string, unknown] => {
    if (name === 'properties' && isSchema(value)) return [name, mapValues(value, true)];
    if (name === 'allOf') return [name, closeAll(value, false)];
    if (name === 'anyOf' || name === 'oneOf') return [name, closeAll(value, true)];
    return [
      name,
      isSchema(value) && (name === 'items' || name === 'additionalProperties') ? close(value, true) : value,
    ];
  });
  const namesFields = 'properties' in schema || 'allOf' in schema;
  const isClosed = !isWhole || !namesFields || 'additionalProperties' in schema;
  return Object.fromEntries(isClosed ? inner : [...inner, ['unevaluatedProperties', false]]);
}

/** Parts of a whole may each know only some of its fields. */
function closeAll(value: unknown, isWhole: boolean): unknown {
  return Array.isArray(value) ? value.map((part) => (isSchema(part) ? close(part, isWhole) : part)) : value;
}

function mapValues(schemas: Schema, isWhole: boolean): Schema {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, value]) => [name, isSchema(value) ? close(value, isWhole) : value]),
  );
}
