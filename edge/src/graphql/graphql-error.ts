import { GraphQLError } from 'graphql';
import type { Log } from '../log.ts';
import { REFUSALS, type Refusal, type RefusalCode } from '../refusal.ts';
import { toRefusal } from '../to-refusal.ts';
import { inArgumentNames } from './argument-names.ts';

interface Surroundings {
  log: Log;
  /** Keeps suggestions of names out of messages. */
  hideSchema: boolean;
}

/**
 * A failure as clients see it: `extensions` hold the stable word, its HTTP status and, for input, everything that is
 * wrong with it. What nobody foresaw is logged and tells nothing of the inside. Doing it twice changes nothing.
 */
export function toGraphqlError(error: unknown, { log, hideSchema }: Surroundings): GraphQLError {
  if (!(error instanceof GraphQLError)) return fromRefusal(toRefusal(error, log), null);
  if (isTranslated(error)) return error;
  const cause = error.originalError;
  if (cause && !(cause instanceof GraphQLError)) return fromRefusal(toRefusal(cause, log), error);
  return fromLibrary(error, hideSchema);
}

function fromRefusal(refusal: Refusal, at: GraphQLError | null): GraphQLError {
  const issues = inArgumentNames(refusal.issues, at);
  const [first] = issues;
  return new GraphQLError(first ? `${first.path}: ${first.message}` : refusal.message, {
    ...placeOf(at),
    extensions: {
      code: refusal.code,
      status: REFUSALS[refusal.code].status,
      ...(first ? { issues } : {}),
      ...(refusal.retryAfterSeconds === null ? {} : { retryAfterSeconds: refusal.retryAfterSeconds }),
    },
  });
}

/** A request that is no GraphQL, a document that does not parse, does not fit the schema, or asks too much. */
function fromLibrary(error: GraphQLError, hideSchema: boolean): GraphQLError {
  const http = httpOf(error);
  const code = codeOf(http.status);
  return new GraphQLError(hideSchema ? error.message.replace(/ Did you mean .*\?$/s, '') : error.message, {
    ...placeOf(error),
    extensions: { code, status: REFUSALS[code].status, http },
  });
}

function codeOf(status: unknown): RefusalCode {
  if (status === 405) return 'method_not_allowed';
  if (status === 413) return 'body_too_large';
  if (status === 415) return 'unsupported_content_type';
  return 'invalid_request';
}

function httpOf(error: GraphQLError): Record<string, unknown> {
  const { http } = error.extensions;
  return typeof http === 'object' && http !== null ? { ...http } : {};
}

function placeOf(error: GraphQLError | null) {
  const { nodes = null, source = null, positions = null, path = null } = error ?? {};
  return { nodes, source, positions, path };
}

function isTranslated({ extensions }: GraphQLError): boolean {
  return typeof extensions.code === 'string' && Object.hasOwn(REFUSALS, extensions.code);
}
