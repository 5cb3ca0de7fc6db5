import { once } from 'node:events';
import {
  constants,
  createSecureServer,
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../clock/clock.ts';
import { within } from '../clock/within.ts';
import { keepAlive } from './keep-alive.ts';

const MAX_CONNECTIONS = 1_024;
const MAX_STREAMS_PER_CONNECTION = 256;
/** A request must have arrived as a whole by then. */
const REQUEST_LIMIT_MS = 60_000;
/** For the end of an answer to be written. */
const ANSWER_LIMIT_MS = 1_000;

export type Http2Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

export interface GrpcServerOptions {
  clock: Clock;
  handler: Http2Handler;
  /** Null for plain text, which is for one machine or behind a proxy that has the certificate. */
  tls: { cert: Buffer; key: Buffer } | null;
}

export interface GrpcServer {
  /** Begins to listen; gives the port. */
  listen(at: { host: string; port: number }): Promise<number>;
  /** Takes no new calls, waits for those under way, and cuts off what is not done within the limit. */
  close(limitMs: number): Promise<void>;
}

/** An HTTP/2 server for gRPC clients, with an end to everything that a client may leave open. */
export function createGrpcServer({ clock, handler, tls }: GrpcServerOptions): GrpcServer {
  const settings = { maxConcurrentStreams: MAX_STREAMS_PER_CONNECTION };
  const server: Http2Server = tls
    ? createSecureServer({ settings, ...tls, minVersion: 'TLSv1.2' })
    : createServer({ settings });
  server.maxConnections = MAX_CONNECTIONS;
  const sessions = new Set<ServerHttp2Session>();

  server.on('session', (session) => {
    sessions.add(session);
    const stop = keepAlive(clock, session);
    session.once('close', () => {
      stop();
      sessions.delete(session);
    });
    // Whoever called on this connection learns of its end by itself.
    session.on('error', () => {});
  });
  server.on('request', (request, response) => {
    limitArrival(clock, request);
    endWithAnswer(clock, response.stream);
    try {
      handler(request, response);
    } catch {
      // What no URL or header can be made of.
      response.writeHead(400).end();
    }
  });

  return {
    async listen({ host, port }) {
      server.listen(port, host);
      await once(server, 'listening');
      return portOf(server.address());
    },
    async close(limitMs) {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.close();
      await within(clock, limitMs, undefined, () => closed).catch(() => {});
      for (const session of sessions) session.destroy();
    },
  };
}

function limitArrival(clock: Clock, request: Http2ServerRequest): void {
  const takeBack = clock.setTimer(REQUEST_LIMIT_MS, () => request.stream.close());
  request.once('end', takeBack);
  request.once('close', takeBack);
}

/** Whoever is answered before its request has arrived need not send the rest. */
function endWithAnswer(clock: Clock, stream: ServerHttp2Stream): void {
  stream.once('wantTrailers', () => {
    const takeBack = clock.setTimer(ANSWER_LIMIT_MS, () => {
      if (stream.state.state === constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_LOCAL) stream.destroy();
    });
    stream.once('close', takeBack);
  });
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no TCP port');
  return address.port;
}
