import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseRange } from '../transfer/range.ts';
import type { SignedRequest } from '../transfer/signed-request.ts';

/** A store of objects over HTTP, as far as tasks can tell it from a real one: ranges, ETags, conditions, and faults on demand. */
export interface FakeStorage {
  objects: Map<string, Buffer>;
  /** Every request, in order: "GET key bytes=0-9". */
  requests: string[];
  /** Answers a request instead of the store; return false to let it through. */
  fault: (request: IncomingMessage, response: ServerResponse, key: string) => boolean;
  url(key: string): string;
  get(key: string): SignedRequest;
  put(key: string): SignedRequest;
  etag(key: string): string;
  close(): Promise<void>;
}

export async function startFakeStorage(): Promise<FakeStorage> {
  const objects = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const key = decodeURIComponent((request.url ?? '/').slice(1).split('?')[0] ?? '');
    storage.requests.push(`${request.method} ${key} ${request.headers.range ?? ''}`.trim());
    if (storage.fault(request, response, key)) return;
    // Whoever breaks off stores nothing.
    if (request.method === 'PUT') store(objects, key, request, response).catch(() => response.destroy());
    else answer(objects.get(key), request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const url = (key: string) => `http://127.0.0.1:${port}/${key}`;
  const storage: FakeStorage = {
    objects,
    requests: [],
    fault: () => false,
    url,
    get: (key) => ({ method: 'GET', url: url(key), headers: {} }),
    put: (key) => ({ method: 'PUT', url: url(key), headers: { 'if-none-match': '*' } }),
    etag: (key) => etagOf(objects.get(key) ?? Buffer.alloc(0)),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return storage;
}

async function store(
  objects: Map<string, Buffer>,
  key: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  const body = Buffer.concat(pieces);
  if (request.headers['content-length'] !== String(body.length)) {
    response.writeHead(411).end();
  } else if (objects.has(key)) {
    response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
  } else {
    objects.set(key, body);
    response.writeHead(200, { etag: etagOf(body) }).end();
  }
}

function answer(object: Buffer | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (!object) {
    response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>');
    return;
  }
  const etag = etagOf(object);
  const wanted = request.headers['if-match'];
  const range = parseRange(request.headers.range, object.length);
  if (wanted !== undefined && wanted !== etag) response.writeHead(412).end();
  else if (range === 'unsatisfiable') response.writeHead(416).end();
  else if (range) {
    response
      .writeHead(206, { etag, 'content-range': `bytes ${range.start}-${range.end}/${object.length}` })
      .end(object.subarray(range.start, range.end + 1));
  } else response.writeHead(200, { etag }).end(object);
}

/** Objects are never changed in place. */
const etags = new WeakMap<Buffer, string>();

function etagOf(object: Buffer): string {
  const etag = etags.get(object) ?? `"${createHash('md5').update(object).digest('hex')}"`;
  etags.set(object, etag);
  return etag;
}
