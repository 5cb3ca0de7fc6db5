import type { SpanAttributes, Trace } from '@millrace/shared/trace/trace.ts';

/**
 * Waits for somebody's answer inside a span of its own. Of what is thrown it tells the name alone: messages may repeat
 * what was asked, values and all.
 */
export async function waited<T>(
  trace: Trace,
  name: string,
  attributes: SpanAttributes,
  ask: () => Promise<T>,
  failureOf: (answer: T) => string | undefined = () => undefined,
): Promise<T> {
  const span = trace.begin(name, { kind: 'client', attributes });
  try {
    const answer = await ask();
    span.end(failureOf(answer));
    return answer;
  } catch (error) {
    span.end(error instanceof Error ? error.name : 'failed');
    throw error;
  }
}
