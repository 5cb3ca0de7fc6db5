import type { ChangeFeed } from './change-feed.ts';
import type { RedisSettings } from './redis-gate.ts';

/** Where the status cache publishes a record with every write. */
export function jobChannel(jobId: string): string {
  return `job:${jobId}:changes`;
}

export function projectChannel(projectId: string): string {
  return `project:${projectId}:changes`;
}

/** A Redis that does not begin to answer by then is away. */
const OPEN_WITHIN_MS = 1_000;

/** Upstash's `/subscribe`: server-sent events whose data is `message,{channel},{text}`. */
export function redisChangeFeed(settings: RedisSettings): ChangeFeed {
  return {
    async listen(channel, signal, { onRecord, onLost }) {
      const name = 'jobId' in channel ? jobChannel(channel.jobId) : projectChannel(channel.projectId);
      const opening = AbortSignal.any([signal, AbortSignal.timeout(OPEN_WITHIN_MS)]);
      const stop = new AbortController();
      const abort = () => stop.abort();
      opening.addEventListener('abort', abort, { once: true });
      try {
        const response = await fetch(`${settings.url}/subscribe/${encodeURIComponent(name)}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${settings.token}`, accept: 'text/event-stream' },
          signal: stop.signal,
        });
        if (response.status !== 200 || !response.body) {
          await response.body?.cancel();
          return onLost();
        }
        const messages = readMessages(response.body, `message,${name},`);
        // The first event says that the subscription stands.
        await messages.next();
        opening.removeEventListener('abort', abort);
        signal.addEventListener('abort', abort, { once: true });
        const lose = () => {
          signal.removeEventListener('abort', abort);
          onLost();
        };
        void passOn(messages, onRecord).then(lose, lose);
      } catch {
        onLost();
      }
    },
  };
}

async function passOn(messages: AsyncGenerator<string | null>, onRecord: (record: unknown) => void) {
  for await (const text of messages) {
    if (text !== null) onRecord(JSON.parse(text));
  }
}

/** The text of every message; null for any other event. */
async function* readMessages(
  body: ReadableStream<Uint8Array>,
  prefix: string,
): AsyncGenerator<string | null> {
  let rest = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data:')) continue;
      const data = line.slice('data:'.length).trimStart();
      yield data.startsWith(prefix) ? data.slice(prefix.length) : null;
    }
  }
}
