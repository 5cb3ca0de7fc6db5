import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

export interface GraphqlGateway {
  url: string;
  stop(): Promise<void>;
}

/** Paths of the API that are answered here too. */
const OPEN = [/^\/(query|graphql|health|metrics)$/, /^\/static\/graphiql\//];
/** These speak of one connection, not of the message. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/**
 * GraphQL at an address of its own, as the seeds had it: `/` is the playground, `/query`, `/health` and `/metrics` are the
 * API's. Everything is handed on as it comes, streams too.
 */
export async function startGraphqlGateway(options: {
  port: number;
  /** Where it listens; this machine alone when left out. */
  host?: string;
  apiUrl: string;
}): Promise<GraphqlGateway> {
  const server = createServer((incoming, outgoing) => {
    forward(options.apiUrl, incoming, outgoing).catch((error: unknown) => fail(outgoing, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function forward(apiUrl: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const target = targetOf(apiUrl, incoming);
  if (!target) return answer(outgoing, 404, 'There is nothing at this path.');
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const { method = 'GET' } = incoming;
  const upstream = request(target.url, { method, headers: target.headers, signal: gone.signal });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve);
    upstream.once('error', reject);
  });
  const [response] = await Promise.all([answered, pipeline(incoming, upstream)]);
  outgoing.writeHead(response.statusCode ?? 502, endToEnd(response.headers));
  // An event stream may be silent for a while after its head.
  outgoing.flushHeaders();
  await pipeline(response, outgoing);
}

function targetOf(
  apiUrl: string,
  incoming: IncomingMessage,
): { url: URL; headers: IncomingHttpHeaders } | null {
  const asked = new URL(incoming.url ?? '/', 'http://local');
  // Links of the answers lead to the API itself, since playback is there.
  const { host: _, ...headers } = endToEnd(incoming.headers);
  if (asked.pathname === '/') {
    const isPage = incoming.method === 'GET' && !asked.searchParams.has('query');
    return {
      url: new URL(`/graphql${asked.search}`, apiUrl),
      headers: isPage ? { ...headers, accept: 'text/html' } : headers,
    };
  }
  if (!OPEN.some((pattern) => pattern.test(asked.pathname))) return null;
  return { url: new URL(asked.pathname + asked.search, apiUrl), headers };
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
}

function fail(outgoing: ServerResponse, error: unknown): void {
  if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy();
  else
    answer(
      outgoing,
      502,
      `The API does not answer: ${error instanceof Error ? error.message : String(error)}`,
    );
}

function answer(outgoing: ServerResponse, status: number, message: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ errors: [{ message }] }));
}
