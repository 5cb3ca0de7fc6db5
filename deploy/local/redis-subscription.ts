import { createClient } from 'redis';

/**
 * What is published on a channel, as Upstash sends it: server-sent events with `subscribe,{channel},1` first and
 * `message,{channel},{text}` for each message. Ends with the signal, or when Redis goes away. Resolves once nothing can
 * be missed any more.
 */
export async function subscribe(
  redisUrl: string,
  channel: string,
  signal: AbortSignal,
): Promise<AsyncIterable<string>> {
  const connection = createClient({
    url: redisUrl,
    socket: { reconnectStrategy: false, connectTimeout: 1_000 },
  });
  const waiting: string[] = [];
  let wake = () => {};
  let isOver = false;
  const end = () => {
    isOver = true;
    wake();
  };
  connection.on('error', end);
  connection.on('end', end);
  signal.addEventListener('abort', end, { once: true });
  try {
    await connection.connect();
    await connection.subscribe(channel, (text) => {
      waiting.push(`data: message,${channel},${text}\n\n`);
      wake();
    });
  } catch (error) {
    if (connection.isOpen) connection.destroy();
    throw error;
  }

  async function* events() {
    try {
      yield `data: subscribe,${channel},1\n\n`;
      while (!isOver && !signal.aborted) {
        yield* waiting.splice(0);
        if (waiting.length > 0 || isOver) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      if (connection.isOpen) connection.destroy();
    }
  }
  return events();
}
