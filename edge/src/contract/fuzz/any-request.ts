import fc from 'fast-check';
import { asOperator } from '../../testing/closed-installation.ts';
import type { Operation, Parameter } from '../operations.ts';
import type { Sent } from '../send.ts';
import { damagedJson, malformedJson } from './damaged-json.ts';
import { type KnownValues, validValue } from './valid-value.ts';

/** Of a segment, as it goes over the wire. Dots alone would make another path. */
const ODD_SEGMENTS = [
  '%00',
  '%0A',
  '%ff',
  '%',
  '%2F',
  '%c0%af',
  '%F0%9D%84%9E',
  'null',
  '-1',
  'a'.repeat(5_000),
  "';--",
  'batch',
];
const ODD_TEXTS = [
  '',
  '\u0000',
  '\ud800',
  '-1',
  '1e9',
  '0',
  'NaN',
  'ü',
  '%',
  "'; drop table jobs --",
  'x'.repeat(3_000),
  ',',
];
const TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'text/plain',
  'multipart/form-data',
  '',
];

/** What requests can find. */
export interface There {
  /** By the names of parameters and fields. */
  known: KnownValues;
  /** Path parameters of whole requests; one at least. */
  together: Record<string, string>[];
  /** Bodies of requests that succeed. */
  bodies: unknown[];
  /** Where all that is; null for the operator's own. */
  project: string | null;
}

/** Requests of an operation, good and bad. */
export function anyRequest(operation: Operation, there: There): fc.Arbitrary<Sent> {
  const { known } = there;
  return fc
    .record({
      path: anyPath(operation, there),
      query: anyQuery(operation, known),
      headers: anyHeaders(operation, there),
      body: anyBody(operation, there),
      isChunked: fc.boolean(),
    })
    .map(({ path, query, headers, body, isChunked }) => ({
      method: operation.method,
      path: query === '' ? path : `${path}?${query}`,
      headers,
      ...(body === null ? {} : { body: isChunked ? inChunks(body) : body }),
    }));
}

/** Parameters that belong together, and now and then one that does not. */
function anyPath({ path, parameters }: Operation, { known, together }: There): fc.Arbitrary<string> {
  const wanted = parameters.filter((parameter) => parameter.in === 'path');
  const odd = wanted.map(({ name, schema }) => {
    const other = validValue(schema, known, name).map((value) => encodeSegment(String(value)));
    return seldom(fc.oneof(other, fc.constantFrom(...ODD_SEGMENTS)));
  });
  return fc.tuple(fc.constantFrom(...together), ...odd).map(([fitting, ...replaced]) =>
    wanted.reduce((whole, { name }, index) => {
      const segment = replaced[index] ?? encodeSegment(fitting[name] ?? '');
      return whole.replace(`{${name}}`, () => segment);
    }, path),
  );
}

/** Dots and nothing would be another path; what is not well formed cannot be encoded. */
function encodeSegment(text: string): string {
  return /^\.{0,2}$/.test(text) ? '-' : encodeURIComponent(text.toWellFormed()).replaceAll('%2F', '/');
}

function anyQuery({ parameters }: Operation, known: KnownValues): fc.Arbitrary<string> {
  const pairs = parameters
    .filter((parameter) => parameter.in === 'query')
    .map((parameter) => anyPair(parameter, known));
  const unknown = seldom(
    fc.constantFrom<[string, string]>(['nonsense', '1'], ['__proto__', '1'], ['limit', '%']),
  );
  return fc
    .tuple(unknown, ...pairs)
    .map((given) => new URLSearchParams(given.flatMap((pair) => (pair ? [pair] : []))).toString());
}

function anyPair(
  { name, schema, required }: Parameter,
  known: KnownValues,
): fc.Arbitrary<[string, string] | null> {
  const good = validValue(schema, known, name).map(String);
  const value = fc.oneof({ weight: 8, arbitrary: good }, fc.constantFrom(...ODD_TEXTS));
  const pair = value.map((text): [string, string] => [name, text.toWellFormed()]);
  return fc.option(pair, { freq: required ? 20 : 2 });
}

function anyHeaders({ parameters }: Operation, there: There): fc.Arbitrary<Record<string, string>> {
  const latin = fc.string({
    unit: fc
      .integer({ min: 0x20, max: 0xff })
      .filter((n) => n !== 0x7f)
      .map((n) => String.fromCharCode(n)),
    maxLength: 300,
  });
  const own = parameters
    .filter((parameter) => parameter.in === 'header' && parameter.name !== 'X-Project-Id')
    .map(({ name }): [string, fc.Arbitrary<string>] => {
      const good = fc.oneof(
        { weight: 9, arbitrary: fc.uuid() },
        fc.constantFrom('one', '"two"', 'x'.repeat(255)),
      );
      return [name, fc.oneof({ weight: 6, arbitrary: good }, latin)];
    });
  const project: Record<string, string> = there.project ? { 'x-project-id': there.project } : {};
  const contentType = fc
    .oneof({ weight: 12, arbitrary: fc.constant('application/json') }, fc.constantFrom(...TYPES), latin)
    .map((type) => ({ 'content-type': type }));
  const rare: Record<string, fc.Arbitrary<string>> = {
    'x-project-id': fc.oneof(fc.constantFrom('default', 'nowhere', ''), latin),
    traceparent: fc.oneof(fc.constant(`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`), latin),
    'x-request-id': latin,
    'if-none-match': fc.oneof(fc.constantFrom('*', 'W/"a", "b"'), latin),
    range: fc.oneof(
      fc.constantFrom('bytes=0-0', 'bytes=-1', 'bytes=5-1', 'bytes=99999999999999999999-'),
      latin,
    ),
    authorization: fc.oneof(fc.constantFrom('Bearer', 'Bearer a.b.c', 'Basic x'), latin),
    'content-length': fc.constantFrom('0', '5', '99999999999'),
    accept: latin,
  };
  return fc
    .tuple(fc.record(Object.fromEntries(own), { requiredKeys: [] }), contentType, seldom(oneOf(rare)))
    .map(([named, type, odd]) => ({ ...asOperator, ...project, ...type, ...withoutGaps(named), ...odd }));
}

function withoutGaps(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** Null in three of four. */
function seldom<T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, values);
}

function oneOf(headers: Record<string, fc.Arbitrary<string>>): fc.Arbitrary<Record<string, string>> {
  return fc.oneof(
    ...Object.entries(headers).map(([name, values]) => values.map((value) => ({ [name]: value }))),
  );
}

function anyBody({ method, body }: Operation, { known, bodies }: There): fc.Arbitrary<string | null> {
  if (method === 'GET') return fc.constant(null);
  if (!body) return seldom(malformedJson);
  const valid = validValue(body.schema, known);
  const good = bodies.length > 0 ? fc.oneof(valid, fc.constantFrom(...bodies)) : valid;
  return fc.oneof(
    { weight: 5, arbitrary: good.map((value) => JSON.stringify(value)) },
    { weight: 5, arbitrary: damagedJson(good) },
    { weight: 1, arbitrary: malformedJson },
    { weight: 1, arbitrary: fc.constant(null) },
  );
}

function inChunks(body: string): Uint8Array<ArrayBuffer>[] {
  const bytes = new TextEncoder().encode(body);
  const middle = Math.floor(bytes.length / 2);
  return [bytes.slice(0, middle), bytes.slice(middle)];
}
