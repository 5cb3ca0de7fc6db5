import fc from 'fast-check';

/** JSON that no schema of ours wants, or only just: written out, since some of it no value becomes again. */
const FRAGMENTS = [
  ...['null', 'true', '0', '-1', '1.5', '-0', '1e400', '1e-400', '9007199254740993', '"0"', '""', '[]', '{}'],
  ...[
    '"\\u0000"',
    '"\\ud800"',
    '"\\u2028"',
    '"\\ufeff"',
    '"\\u202e"',
    '" "',
    '"\'; select 1 --"',
    '"$.a[*] ? (@ > 0)"',
  ],
  ...['{"__proto__":{"a":1}}', '{"constructor":null}', '{"\\u0000":1}', '{"\\ud800":1}', '{"":""}'],
  `"${'x'.repeat(70_000)}"`,
  `"${'𝄞'.repeat(3_000)}"`,
  `[${'0,'.repeat(9_000)}0]`,
  `${'['.repeat(500)}${']'.repeat(500)}`,
  `${'['.repeat(1_900)}${']'.repeat(1_900)}`,
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `{"a":${'{"a":'.repeat(600)}1${'}'.repeat(600)}}`,
  `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
];
const MARK = '@@fragment@@';

/** The JSON of values in which something was replaced, left out or added. */
export function damagedJson(values: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return fc
    .record({
      value: values,
      place: fc.nat(200),
      fragment: fc.constantFrom(...FRAGMENTS),
      how: fc.constantFrom('replace', 'replace', 'leave out', 'add'),
    })
    .map(({ value, place, fragment, how }) => {
      const paths = pathsIn(value);
      const path = paths[place % paths.length] ?? [];
      return JSON.stringify(changed(value, path, how)).replace(`"${MARK}"`, () => fragment);
    });
}

/** What is no JSON at all, or other than it seems. */
export const malformedJson = fc.oneof(
  fc.constantFrom(
    '',
    '{',
    '{"a":1',
    '{"a":1}}',
    "{'a':1}",
    '\u0000',
    '\ufeff{}',
    'NaN',
    '{"a":1,"a":2}',
    '/**/{}',
    '"',
  ),
  fc.string({ unit: 'binary', maxLength: 50 }),
);

function pathsIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  const below = Object.entries(value).flatMap(([name, inner]) =>
    pathsIn(inner).map((path) => [name, ...path]),
  );
  return [[], ...below];
}

function changed(value: unknown, path: string[], how: string): unknown {
  const [name, ...rest] = path;
  if (name === undefined) {
    const isRecord = typeof value === 'object' && value !== null && !Array.isArray(value);
    return how === 'add' && isRecord ? { ...value, extra: MARK } : MARK;
  }
  if (Array.isArray(value)) {
    return value.flatMap((inner, index) => {
      if (String(index) !== name) return [inner];
      return rest.length === 0 && how === 'leave out' ? [] : [changed(inner, rest, how)];
    });
  }
  const fields = Object.entries(value ?? {}).filter(
    ([field]) => !(field === name && rest.length === 0 && how === 'leave out'),
  );
  return Object.fromEntries(
    fields.map(([field, inner]) => [field, field === name ? changed(inner, rest, how) : inner]),
  );
}
