import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface ReceivedWebhook {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

export interface WebhookReceiver {
  url: string;
  /** What came, in order. */
  received: ReceivedWebhook[];
  /** How the next ones are answered, until told otherwise; at first with 204. Null never answers. */
  answer: { status: number; headers?: Record<string, string>; body?: string } | null;
  /** Resolves once this many have come. */
  has(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A receiver of webhooks on this machine, over HTTP. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const server = createServer((request, response) => void take(receiver, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver has no port');
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${address.port}/hook`,
    received: [],
    answer: { status: 204 },
    has: async (count) => {
      while (receiver.received.length < count) await once(server, 'received');
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return receiver;

  async function take(into: WebhookReceiver, request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    into.received.push({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ),
      body: Buffer.concat(chunks).toString(),
    });
    server.emit('received');
    if (!into.answer) return;
    response.writeHead(into.answer.status, into.answer.headers ?? {});
    response.end(into.answer.body ?? '');
  }
}
