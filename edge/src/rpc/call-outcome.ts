import {
  Code,
  ConnectError,
  type ContextValues,
  createContextKey,
  type HandlerContext,
  type Interceptor,
} from '@connectrpc/connect';
import { codeToHttpStatus, codeToString } from '@connectrpc/connect/protocol-connect';

/** How a call was answered. */
export interface CallOutcome {
  /** `ok`, or the code as Connect writes it: `not_found`. */
  code: string;
  /** The HTTP status that stands for it: gRPC-Web and streams answer 200, whatever came of the call. */
  status: number;
}

/** Takes the outcome of one call once it is known. The first word counts: a stream is answered with its first message. */
export interface OutcomeNote {
  outcome: CallOutcome | null;
}

export const outcomeNote = createContextKey<OutcomeNote | null>(null);

/** Notes how calls end, seen from outside: it goes before all other interceptors. */
export const noteOutcomes: Interceptor = (next) => async (request) => {
  const { contextValues } = request;
  try {
    const answer = await next(request);
    if (answer.stream) return { ...answer, message: noteBeginning(answer.message, contextValues) };
    note(contextValues, OK);
    return answer;
  } catch (error) {
    note(contextValues, failure(error));
    throw error;
  }
};

/** A gate whose refusals are noted too. */
export function notedGate(gate: (context: HandlerContext) => Promise<void>): typeof gate {
  return async (context) => {
    try {
      await gate(context);
    } catch (error) {
      note(context.values, failure(error));
      throw error;
    }
  };
}

/**
 * What came of a call, once its answer is there. Of messages that nobody could read there is no note, only what the
 * library answered. Null for what was no call: another HTTP method, another type of content.
 */
export function outcomeOf({ outcome }: OutcomeNote, httpStatus: number): CallOutcome | null {
  // The answer was there, and could not be written.
  if (outcome?.code === 'ok' && httpStatus === 500) return refusal(Code.Internal);
  if (outcome) return outcome;
  switch (httpStatus) {
    // It says `internal` of bytes that are no message.
    case 500:
    case 200:
    case 400:
      return refusal(Code.InvalidArgument);
    case 429:
      return refusal(Code.ResourceExhausted);
    case 501:
      return refusal(Code.Unimplemented);
    default:
      return null;
  }
}

export function refusal(code: Code): CallOutcome {
  return { code: codeToString(code), status: codeToHttpStatus(code) };
}

const OK: CallOutcome = { code: 'ok', status: 200 };

async function* noteBeginning<T>(messages: AsyncIterable<T>, values: ContextValues): AsyncGenerator<T> {
  try {
    for await (const message of messages) {
      note(values, OK);
      yield message;
    }
    note(values, OK);
  } catch (error) {
    note(values, failure(error));
    throw error;
  }
}

/** The library says `internal` of what is no error of its own. */
function failure(error: unknown): CallOutcome {
  return refusal(error instanceof ConnectError ? error.code : Code.Internal);
}

function note(values: ContextValues, outcome: CallOutcome): void {
  const kept = values.get(outcomeNote);
  if (kept) kept.outcome ??= outcome;
}
