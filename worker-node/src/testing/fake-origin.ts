import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Internet } from '../transfer/fetch-url/internet.ts';

/** An internet of one https server that answers on every public address, and of names that resolve to what a test says. */
export interface FakeOrigin {
  internet: Internet;
  /** What a name resolves to: one list after the other, the last one for ever. */
  names: Map<string, string[][]>;
  /** Names that were resolved, and addresses that were connected to, in order. */
  resolved: string[];
  dialed: string[];
  /** Addresses where nobody listens. */
  dead: Set<string>;
  /** Every request, in order: "GET films.example /a.mp4 bytes=5-". */
  requests: string[];
  handle: (request: IncomingMessage, response: ServerResponse) => void;
  /** Connections that are open on the server. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

/** The name that resolves to `PUBLIC_ADDRESS` unless told otherwise. Its certificate is good for `*.films.example` too. */
export const HOST = 'films.example';
export const PUBLIC_ADDRESS = '93.184.216.34';

export async function startFakeOrigin(scratch: string): Promise<FakeOrigin> {
  const { key, cert } = await makeCertificate(scratch);
  const listener: RequestListener = (request, response) => {
    const { headers, method, url } = request;
    origin.requests.push(`${method} ${headers.host} ${url} ${headers.range ?? ''}`.trim());
    origin.handle(request, response);
  };
  const server = createServer({ key, cert }, listener);
  // A client that turns its back on a bad certificate is part of the test.
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
  const origin: FakeOrigin = {
    names: new Map([[HOST, [[PUBLIC_ADDRESS]]]]),
    resolved: [],
    dialed: [],
    dead: new Set(),
    requests: [],
    handle: (_request, response) => response.writeHead(404).end(),
    internet: {
      authorities: cert,
      async resolve(name) {
        origin.resolved.push(name);
        const answers = origin.names.get(name) ?? [];
        const answer = answers.length > 1 ? answers.shift() : answers[0];
        if (!answer) throw new Error(`getaddrinfo ENOTFOUND ${name}`);
        return answer;
      },
      dial(address) {
        origin.dialed.push(address);
        return connect({ host: '127.0.0.1', port: origin.dead.has(address) ? 1 : port });
      },
    },
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return origin;
}

async function makeCertificate(scratch: string): Promise<{ key: string; cert: string }> {
  const [keyFile, certFile] = [join(scratch, 'origin.key'), join(scratch, 'origin.crt')];
  await execa('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-keyout', keyFile, '-out', certFile, '-subj', '/CN=test'],
    ...['-addext', `subjectAltName=DNS:${HOST},DNS:*.${HOST},IP:${PUBLIC_ADDRESS}`],
  ]);
  return { key: await readFile(keyFile, 'utf8'), cert: await readFile(certFile, 'utf8') };
}
