import SchemaBuilder from '@pothos/core';
import ComplexityPlugin from '@pothos/plugin-complexity';
import { GraphQLError } from 'graphql';
import type { GraphqlContext } from './graphql-context.ts';

interface SchemaTypes {
  Context: GraphqlContext;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: string; Output: string };
    JSON: { Input: unknown; Output: unknown };
    Long: { Input: number; Output: number };
  };
}

/** Where the types and fields of this folder are collected; `schema.ts` makes a schema of them. */
export const builder = new SchemaBuilder<SchemaTypes>({
  plugins: [ComplexityPlugin],
  defaultFieldNullability: false,
  // The limits are checked before execution, by `query-limits.ts`.
  complexity: { defaultComplexity: 1, defaultListMultiplier: 5, disabled: true },
});

builder.scalarType('DateTime', {
  description: 'A moment in ISO 8601, in UTC when read.',
  serialize: (value) => value,
  parseValue: (value) => {
    const millis =
      typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN;
    if (Number.isNaN(millis)) throw new GraphQLError('must be a moment in ISO 8601');
    return new Date(millis).toISOString();
  },
});

builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
});

builder.scalarType('Long', {
  description: 'A whole number of at most 53 bits, as numbers of bytes are.',
  serialize: (value) => value,
  parseValue: (value) => {
    if (!Number.isSafeInteger(value)) throw new GraphQLError('must be a whole number of at most 53 bits');
    return Number(value);
  },
});

builder.queryType({ description: 'Reading. Needs the scope `jobs:read` where nothing else is said.' });
builder.mutationType({
  description:
    'Changing, as REST does it: same rules, same errors. Needs the scope `jobs:write`, for uploads `uploads:write`, for webhooks `webhooks:manage`, where nothing else is said.',
});
builder.subscriptionType({ description: 'Watching, over server-sent events.' });
