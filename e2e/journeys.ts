import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { z } from 'zod';

/** What was sent to a receiver of webhooks. */
export interface Received {
  headers: Record<string, string>;
  body: string;
}

export interface Receiver {
  url: string;
  received: Received[];
  stop(): Promise<void>;
}

/** Takes webhooks in on this machine. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    received.push({ headers: plainHeaders(request), body: (await buffer(request)).toString('utf8') });
    response.writeHead(204).end();
  });
  const url = await listen(server);
  return { url: `${url}/hook`, received, stop: () => close(server) };
}

/** Serves one file, as the server of an `input_url`. */
export async function serveFile(file: string): Promise<{ url: string; stop(): Promise<void> }> {
  const bytes = await readFile(file);
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'video/mp4', 'content-length': bytes.length }).end(bytes);
  });
  return { url: `${await listen(server)}/film.mp4`, stop: () => close(server) };
}

/** Sends a file where an upload said it should go. */
export async function put(url: string, headers: Record<string, string>, file: string): Promise<void> {
  const response = await fetch(url, { method: 'PUT', headers, body: await readFile(file) });
  if (response.status !== 200) throw new Error(`the upload was refused: ${response.status}`);
}

/** JSON in, JSON out, read with a schema. Anything but success throws what was answered. */
export async function ask<T>(
  schema: z.ZodType<T>,
  url: string,
  init: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<T> {
  const response = await fetch(url, {
    method: init.method ?? (init.body === undefined ? 'GET' : 'POST'),
    headers: { 'content-type': 'application/json', ...init.headers },
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${text}`);
  return schema.parse(JSON.parse(text || 'null'));
}

/** Server-sent events of a response, one by one: their name and their data as JSON. */
export async function* eventsOf(response: Response): AsyncGenerator<{ event: string; data: unknown }> {
  if (!response.body) return;
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field('data');
      if (data) yield { event: field('event') ?? 'message', data: JSON.parse(data) };
    }
  }
}

function plainHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
