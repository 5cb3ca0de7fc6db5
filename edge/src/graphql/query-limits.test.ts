import { createSchema, createYoga } from 'graphql-yoga';
import { expect, test } from 'vitest';
import { LIMITS, queryLimits } from './query-limits.ts';

/* The schema itself has no circles yet: one that has shows the limit of depth. */
const yoga = createYoga({
  schema: createSchema({
    typeDefs: 'type Query { again: Query! name: String! }',
    resolvers: { Query: { again: () => ({}), name: () => 'x' } },
  }),
  plugins: queryLimits(),
  logging: false,
});

async function askAtDepth(depth: number): Promise<string> {
  const query = `{ ${'again { '.repeat(depth - 1)} name ${'} '.repeat(depth - 1)} }`;
  const answer = await yoga.fetch('http://edge.test/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return answer.text();
}

test('documents may be so deep and no deeper', async () => {
  expect(await askAtDepth(LIMITS.depth)).toContain('"name":"x"');
  expect(await askAtDepth(LIMITS.depth + 1)).toContain('depth of 11 exceeds max depth of 10');
});
