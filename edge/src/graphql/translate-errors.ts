import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { GraphqlContext } from './graphql-context.ts';
import { toGraphqlError } from './graphql-error.ts';

/** Translates the errors of every result, the single ones of a subscription too. */
export function translateErrors(hideSchema: boolean): Plugin<object, GraphqlContext> {
  return {
    onExecutionResult({ result, setResult, context }) {
      const surroundings = { log: context.ctx.log, hideSchema };
      const translate = <R extends { errors?: readonly GraphQLError[] }>(one: R): R => {
        if (!one.errors) return one;
        const errors = one.errors.map((error) => toGraphqlError(error, surroundings));
        context.onErrors(errors.map(({ extensions }) => Number(extensions.status)));
        return { ...one, errors };
      };
      if (!result || Array.isArray(result)) return;
      if (Symbol.asyncIterator in result) setResult(mapped(result, translate));
      else setResult(translate(result));
    },
  };
}

async function* mapped(
  results: AsyncIterable<ExecutionResult>,
  translate: (result: ExecutionResult) => ExecutionResult,
): AsyncGenerator<ExecutionResult> {
  for await (const result of results) yield translate(result);
}
