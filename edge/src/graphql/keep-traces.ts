import { getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { GraphqlContext } from './graphql-context.ts';

/** As over REST, what only reads is not recorded. Which that is, only the operation tells. */
export function keepTraces(): Plugin<GraphqlContext> {
  return {
    onExecute: ({ args }) => {
      const operation = getOperationAST(args.document, args.operationName);
      const { contextValue } = args;
      if (operation?.operation === 'mutation') Object.assign(contextValue, contextValue.keepTrace());
    },
    onSubscribe: ({ args }) => args.contextValue.onStream(),
  };
}
