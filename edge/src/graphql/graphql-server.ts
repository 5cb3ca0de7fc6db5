import { useDisableIntrospection } from '@graphql-yoga/plugin-disable-introspection';
import { GraphQLError } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { createLog } from '../log.ts';
import type { GraphqlContext } from './graphql-context.ts';
import { toGraphqlError } from './graphql-error.ts';
import { keepTraces } from './keep-traces.ts';
import { measureOperations } from './measure-operations.ts';
import { queryLimits } from './query-limits.ts';
import { buildSchema } from './schema.ts';
import { translateErrors } from './translate-errors.ts';

export interface GraphqlServer {
  answer(request: Request, context: GraphqlContext): Promise<Response>;
}

/** The GraphQL engine: parse, check, limit, execute, stream. Who asks was found out before. */
export function createGraphqlServer(options: { introspection: boolean }): GraphqlServer {
  const hideSchema = !options.introspection;
  const log = createLog(() => Date.now());
  const yoga = createYoga<GraphqlContext>({
    schema: buildSchema(),
    graphqlEndpoint: '/:door(graphql|query)',
    fetchAPI: { Request, Response, Headers, URL, URLSearchParams, ReadableStream, TextEncoder, TextDecoder },
    maskedErrors: {
      // Those of resolvers are translated afterwards, where the request is known.
      maskError: (error) =>
        error instanceof GraphQLError && error.originalError
          ? error
          : toGraphqlError(error, { log, hideSchema }),
    },
    plugins: [
      measureOperations(),
      keepTraces(),
      ...queryLimits(),
      ...(options.introspection ? [] : [useDisableIntrospection()]),
      translateErrors(hideSchema),
    ],
    logging: false,
    cors: false,
    graphiql: false,
    landingPage: false,
    multipart: false,
    batching: false,
  });
  return { answer: async (request, context) => yoga.fetch(request, context) };
}
