import { Code, ConnectError, type Interceptor } from '@connectrpc/connect';
import type { Clock } from '../clock/clock.ts';
import type { GrpcMetrics } from './grpc-metrics.ts';

/** Counts and times every call, and refuses those above the limit. */
export function watchCalls(clock: Clock, metrics: GrpcMetrics, maxOpenCalls: number): Interceptor {
  let open = 0;

  function begin(method: string): (code: string) => void {
    open += 1;
    metrics.openCalls.set(open);
    return (code) => {
      open -= 1;
      metrics.openCalls.set(open);
      metrics.calls.inc({ method, code });
    };
  }

  return (next) => async (request) => {
    const method = `/${request.service.typeName}/${request.method.name}`;
    const startedAt = clock.monotonic();
    const end = begin(method);
    try {
      if (open > maxOpenCalls) throw new ConnectError('too many open calls', Code.ResourceExhausted);
      const answer = await next(request);
      if (answer.stream) return { ...answer, message: watched(answer.message, end) };
      metrics.seconds.observe({ method }, (clock.monotonic() - startedAt) / 1000);
      end('ok');
      return answer;
    } catch (error) {
      end(codeOf(error));
      throw error;
    }
  };
}

async function* watched<T>(messages: AsyncIterable<T>, end: (code: string) => void): AsyncGenerator<T> {
  // Whoever turns away from a stream before its end runs none of what follows the loop but `finally`.
  let code = 'canceled';
  try {
    yield* messages;
    code = 'ok';
  } catch (error) {
    code = codeOf(error);
    throw error;
  } finally {
    end(code);
  }
}

/** `not_found`, as Connect writes codes. */
function codeOf(error: unknown): string {
  const name = Code[ConnectError.from(error).code];
  return name.replace(/(?<=.)[A-Z]/g, (capital) => `_${capital}`).toLowerCase();
}
