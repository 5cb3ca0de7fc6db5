import { createServer, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

export interface LocalRequest {
  method: string;
  /** Without the query. */
  path: string;
  headers: IncomingMessage['headers'];
  body: Buffer;
  /** Aborted when the client goes away before it has its answer. */
  signal: AbortSignal;
}

export interface LocalResponse {
  status: number;
  /** Sent as JSON. */
  body: unknown;
  headers?: Readonly<Record<string, string>>;
  /** In place of the body: sent piece by piece as server-sent events, until it or the client ends. */
  events?: AsyncIterable<string>;
}

export interface LocalServer {
  url: string;
  stop(): Promise<void>;
}

/** A JSON server with one handler, on this machine alone unless told otherwise. What the handler throws is answered with 500. */
export async function startHttpServer(options: {
  port: number;
  host?: string;
  handle: (request: LocalRequest) => Promise<LocalResponse>;
}): Promise<LocalServer> {
  const server = createServer(async (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once('close', () => gone.abort());
    const { status, headers, body, events } = await answer(incoming, gone.signal, options.handle);
    if (outgoing.destroyed) return;
    if (events) {
      outgoing.writeHead(status, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-cache',
        ...headers,
      });
      // A client that leaves in the middle ends it; that is no news.
      await pipeline(Readable.from(events), outgoing).catch(() => {});
      return;
    }
    outgoing.writeHead(status, { 'content-type': 'application/json', ...headers });
    outgoing.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  incoming: IncomingMessage,
  signal: AbortSignal,
  handle: (request: LocalRequest) => Promise<LocalResponse>,
): Promise<LocalResponse> {
  try {
    const { method = 'GET', url = '/', headers } = incoming;
    const body = await buffer(incoming);
    return await handle({ method, path: new URL(url, 'http://local').pathname, headers, body, signal });
  } catch (error) {
    return { status: 500, body: { error: error instanceof Error ? error.message : String(error) } };
  }
}
