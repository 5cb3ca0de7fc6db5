import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** A request that went through, with what it was answered. */
export interface Exchange {
  method: string;
  path: string;
  status: number;
  /** What was asked, and what was answered. */
  sent: Buffer;
  answer: Buffer;
}

export interface Forwarder {
  url: string;
  stop(): Promise<void>;
}

/**
 * Stands before a service on this machine and sees what goes through. Passes on the Host header as it came, which S3
 * signatures are made over. `target` is asked at each request: the service may come up later.
 */
export async function startForwarder(
  port: number,
  target: () => string,
  onExchange: (exchange: Exchange) => void,
): Promise<Forwarder> {
  const server = createServer(async (incoming, outgoing) => {
    try {
      const sent = await buffer(incoming);
      const { method = 'GET', url = '/' } = incoming;
      // Compressed answers could not be read here.
      const headers = { ...incoming.headers, 'accept-encoding': 'identity' };
      const forwarded = request(new URL(target() + url), { method, headers, timeout: 60_000 });
      forwarded.once('timeout', () => forwarded.destroy(new Error('no answer within a minute')));
      forwarded.end(sent);
      const [response] = await once(forwarded, 'response');
      const answer: Buffer = await buffer(response);
      onExchange({ method, path: url, status: response.statusCode, sent, answer });
      outgoing.writeHead(response.statusCode, response.headers);
      outgoing.end(answer);
    } catch {
      outgoing.destroy();
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
