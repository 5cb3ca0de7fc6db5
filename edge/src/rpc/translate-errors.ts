import type { Interceptor } from '@connectrpc/connect';
import { surroundingsOf } from './call.ts';
import { toConnectError } from './connect-error.ts';

/** Whatever a method throws, at once or in the middle of a stream, leaves as an RPC error. */
export const translateErrors: Interceptor = (next) => async (request) => {
  const { log } = surroundingsOf({ values: request.contextValues }).ctx;
  const translated = (error: unknown) =>
    // Whoever gave up is not interested in what came of it, and why it failed is no news.
    toConnectError(request.signal.aborted ? request.signal.reason : error, log);

  async function* untilFailure<T>(messages: AsyncIterable<T>): AsyncGenerator<T> {
    try {
      yield* messages;
    } catch (error) {
      throw translated(error);
    }
  }

  try {
    const answer = await next(request);
    return answer.stream ? { ...answer, message: untilFailure(answer.message) } : answer;
  } catch (error) {
    throw translated(error);
  }
};
