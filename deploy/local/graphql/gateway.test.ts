import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startGraphqlGateway } from './gateway.ts';

/** An API and the gateway before it. */
async function gatewayTo(api: RequestListener): Promise<string> {
  const server = createServer(api);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const gateway = await startGraphqlGateway({ port: 0, apiUrl: `http://127.0.0.1:${port}` });
  onTestFinished(async () => {
    await gateway.stop();
    server.closeAllConnections();
    server.close();
  });
  return gateway.url;
}

test('its paths are those of the API, and no others', async () => {
  const url = await gatewayTo((incoming, outgoing) => outgoing.end(`${incoming.method} ${incoming.url}`));
  const textOf = async (path: string, init?: RequestInit) => (await fetch(url + path, init)).text();
  expect(await textOf('/')).toBe('GET /graphql');
  expect(await textOf('/', { method: 'POST', body: '{}' })).toBe('POST /graphql');
  expect(await textOf('/query?query=%7Bjobs%7D')).toBe('GET /query?query=%7Bjobs%7D');
  expect(await textOf('/health')).toBe('GET /health');
  expect(await textOf('/metrics')).toBe('GET /metrics');
  expect(await textOf('/static/graphiql/start.js')).toBe('GET /static/graphiql/start.js');
  expect((await fetch(`${url}/jobs`)).status).toBe(404);
});

test('headers, body and status go through; the playground is a page for everybody', async () => {
  const url = await gatewayTo(async (incoming, outgoing) => {
    let body = '';
    for await (const piece of incoming) body += piece;
    const { authorization, accept } = incoming.headers;
    outgoing.writeHead(409, { 'x-request-id': 'r-1', 'content-type': 'application/json' });
    outgoing.end(JSON.stringify({ body, authorization, accept }));
  });
  const answer = await fetch(`${url}/query`, {
    method: 'POST',
    headers: { authorization: 'Bearer k', accept: 'application/json' },
    body: 'question',
  });
  expect([answer.status, answer.headers.get('x-request-id')]).toEqual([409, 'r-1']);
  expect(await answer.json()).toEqual({
    body: 'question',
    authorization: 'Bearer k',
    accept: 'application/json',
  });
  expect(await (await fetch(`${url}/`)).json()).toMatchObject({ accept: 'text/html' });
});

test('a stream arrives piece by piece, and ends at the API when its reader goes', async () => {
  let stream: ServerResponse | undefined;
  const url = await gatewayTo((_incoming, outgoing) => {
    stream = outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
    outgoing.write('data: 1\n\n');
  });
  const reading = new AbortController();
  const answer = await fetch(`${url}/query`, { signal: reading.signal });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  expect((await reader?.read())?.value).toBe('data: 1\n\n');
  stream?.write('data: 2\n\n');
  expect((await reader?.read())?.value).toBe('data: 2\n\n');
  const ended = new Promise((resolve) => stream?.once('close', resolve));
  reading.abort();
  await ended;
});

test('an API that is not there is told of', async () => {
  const gateway = await startGraphqlGateway({ port: 0, apiUrl: 'http://127.0.0.1:1' });
  onTestFinished(() => gateway.stop());
  const answer = await fetch(`${gateway.url}/health`);
  expect([answer.status, await answer.text()]).toEqual([502, expect.stringContaining('does not answer')]);
});
