import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases';
import { createComplexityRule } from '@pothos/plugin-complexity';
import { type DocumentNode, type GraphQLError, type GraphQLSchema, parse, validate } from 'graphql';
import type { Plugin } from 'graphql-yoga';

export const LIMITS = {
  /** Names, braces, punctuation. Values belong into variables. */
  tokens: 2_000,
  aliases: 15,
  /** Levels of braces. */
  depth: 10,
  /** Fields, those of lists times the length the list may have. */
  cost: 50_000,
};

/** Refuses documents that ask too much, before anything of them runs. */
export function queryLimits(): Plugin[] {
  return [maxTokens(), maxAliasesPlugin({ n: LIMITS.aliases, allowList: ['__typename'] }), maxCost()];
}

function maxTokens(): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn((source: string) => parse(source, { maxTokens: LIMITS.tokens }));
    },
  };
}

interface Execution {
  schema: GraphQLSchema;
  document: DocumentNode;
  variableValues?: unknown;
  operationName?: unknown;
  contextValue?: unknown;
}

/** Counts with the variables of the request, which validation does not know. */
function maxCost(): Plugin {
  return {
    onExecute({ args, setResultAndStopExecution }) {
      const errors = weigh(args);
      if (errors.length > 0) setResultAndStopExecution({ errors });
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const errors = weigh(args);
      if (errors.length > 0) setResultAndStopExecution({ errors });
    },
  };
}

function weigh({
  schema,
  document,
  variableValues,
  operationName,
  contextValue,
}: Execution): readonly GraphQLError[] {
  const rule = createComplexityRule({
    variableValues: isRecord(variableValues) ? variableValues : {},
    ...(typeof operationName === 'string' ? { operationName } : {}),
    context: isRecord(contextValue) ? contextValue : {},
    maxComplexity: LIMITS.cost,
    maxDepth: LIMITS.depth,
  });
  return validate(schema, document, [rule]);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
