import { z } from 'zod';
import type { RestAnswer, RestClient } from './rest-client.ts';

const answerShape = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        path: z.array(z.union([z.string(), z.number()])).optional(),
        extensions: z.record(z.string(), z.unknown()),
      }),
    )
    .optional(),
});
export type GraphqlAnswer = z.infer<typeof answerShape>;

export interface GraphqlClient {
  /** The raw answer to a POST of JSON. */
  post(
    query: string,
    variables?: Record<string, unknown>,
    headers?: Record<string, string>,
  ): Promise<RestAnswer>;
  /** The answer as clients read it. */
  ask(query: string, variables?: Record<string, unknown>): Promise<GraphqlAnswer>;
  /** One root field of an answer without errors. */
  field<T>(
    name: string,
    schema: z.ZodType<T>,
    query: string,
    variables?: Record<string, unknown>,
  ): Promise<T>;
}

/** A page on this machine, as a playground is. */
const NEAR_PAGE = 'http://localhost:8080';

/** GraphQL through the doors of a REST client. */
export function graphqlClient(client: RestClient, path = '/graphql'): GraphqlClient {
  const post: GraphqlClient['post'] = (query, variables = {}, headers = {}) =>
    client.send('POST', path, { query, variables }, { origin: NEAR_PAGE, ...headers });
  const ask: GraphqlClient['ask'] = async (query, variables) =>
    (await post(query, variables)).as(answerShape);
  return {
    post,
    ask,
    async field(name, schema, query, variables) {
      const answer = await ask(query, variables);
      if (answer.errors) throw new Error(`GraphQL refused: ${JSON.stringify(answer.errors)}`);
      return schema.parse(answer.data?.[name]);
    },
  };
}
