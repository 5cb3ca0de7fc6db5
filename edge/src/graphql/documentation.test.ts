import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, validate } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { expect, test } from 'vitest';
import { queryLimits } from './query-limits.ts';
import { buildSchema } from './schema.ts';

const schema = buildSchema();
const page = await readFile(path.resolve(import.meta.dirname, '../../../docs/graphql.md'), 'utf8');
const examples = [...page.matchAll(/```graphql\n([\s\S]*?)```/g)].map(([, text = '']) => text.trim());

test('the examples of the documentation fit the schema', () => {
  expect(examples.length).toBeGreaterThan(10);
  expect(examples.flatMap((text) => validate(schema, parse(text)).map(({ message }) => message))).toEqual([]);
});

test.each(examples)('and the limits: %s', async (query) => {
  // Resolvers come after the limits: what they fail on, without a context, is no matter here.
  const yoga = createYoga({ schema, plugins: queryLimits(), logging: false, maskedErrors: false });
  const variables = {
    id: 'x',
    receipt: 'x',
    webhook: 'x',
    upload: 'x',
    key: 'x',
    parts: [],
    inputs: [],
    input: FILE,
  };
  const answer = await yoga.fetch('http://edge.test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  expect(await answer.text()).not.toMatch(/exceeds|limit|syntax/i);
});

test('the documentation names every root field', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((type) => Object.keys(type?.getFields() ?? {}));
  expect(fields.filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
});

const FILE = { filename: 'film.mp4', contentType: 'video/mp4', sizeBytes: 73_400_320 };
