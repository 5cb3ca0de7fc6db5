import type { Context } from '../context.ts';
import { noMediaCache } from '../playback/media-cache.ts';
import { createRest } from '../rest/rest.ts';
import { ORIGIN } from '../testing/rest-client.ts';

export interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  /** Goes as it is. What is in chunks goes without its length. */
  body?: string | Uint8Array<ArrayBuffer>[] | ReadableStream<Uint8Array>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

const rest = createRest();
const counters = {
  add: async () => {},
  read: async () => ({}),
  keepStored: async () => {},
  readStored: async () => null,
};

/** Sends a request through the REST door in this process. Of a stream of events only the beginning is read. */
export async function send(ctx: Context, { method, path, headers, body }: Sent): Promise<Answer> {
  const request = new Request(`${ORIGIN}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: Array.isArray(body) ? streamOf(body) : body, duplex: 'half' }),
  });
  const response = await rest.fetch(request, { context: ctx, counters, mediaCache: noMediaCache });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  const text = isStream ? await readSnapshot(response) : await response.text();
  return { status: response.status, headers: response.headers, text };
}

function streamOf(chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  const left = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const next = left.shift();
      if (next) controller.enqueue(next);
      else controller.close();
    },
  });
}

async function readSnapshot(response: Response): Promise<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (reader && !/^event: snapshot\n([^\n]+\n)+\n/m.test(text)) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += value;
  }
  await reader?.cancel();
  return text;
}
