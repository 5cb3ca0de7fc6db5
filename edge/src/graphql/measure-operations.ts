import { type DocumentNode, type GraphQLSchema, getOperationAST, Kind } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { GraphqlContext } from './graphql-context.ts';

/** Counts and times every operation; of a subscription the time to its beginning. */
export function measureOperations(): Plugin<object, GraphqlContext> {
  const started = new WeakMap<Request, number>();
  const operations = new WeakMap<Request, string>();
  return {
    onParams({ request, context }) {
      started.set(request, context.ctx.now());
    },
    onExecute: ({ args }) => {
      operations.set(args.contextValue.request, operationOf(args.schema, args.document, args.operationName));
    },
    onSubscribe: ({ args }) => {
      operations.set(args.contextValue.request, operationOf(args.schema, args.document, args.operationName));
    },
    onExecutionResult({ request, result, context }) {
      const seconds = (context.ctx.now() - (started.get(request) ?? context.ctx.now())) / 1000;
      const failed = !result || ('errors' in result && (result.errors?.length ?? 0) > 0);
      const operation = operations.get(request) ?? 'invalid';
      context.measure({ operation, status: failed ? 'error' : 'ok', seconds });
    },
  };
}

function operationOf(schema: GraphQLSchema, document: DocumentNode, name: string | null | undefined): string {
  const operation = getOperationAST(document, name);
  const fields = operation && schema.getRootType(operation.operation)?.getFields();
  if (!operation || !fields) return 'invalid';
  const names = new Set(
    operation.selectionSet.selections.map((selection) =>
      selection.kind === Kind.FIELD ? selection.name.value : '',
    ),
  );
  const [first = ''] = names;
  if (names.size !== 1) return 'several';
  if (first.startsWith('__')) return 'introspection';
  return Object.hasOwn(fields, first) ? first : 'several';
}
