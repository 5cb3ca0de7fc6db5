import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type S3Request, type S3Settings, sendToS3 } from '../../../edge/src/storage/s3-requests.ts';
import { verifySignature } from './verify-signature.ts';

/*
 * A store as AWS has it, before one as wrangler has it: https://BUCKET.s3.REGION.example, its region in every
 * signature. Signatures are judged here, by the verifier; what is good goes on, signed anew for the store behind.
 * No such name resolves, so requests carry it in a header of their own.
 */

const NAME_HEADER = 'x-asked-host';
const ANY_STATUS = Array.from({ length: 400 }, (_, n) => 200 + n);
/** Only what means something to storage goes on: the rest is the connection's. */
const PASSED_ON = /^(content-type|range|if-.*|x-amz-checksum-.*)$/;
const CONNECTION = new Set(['connection', 'transfer-encoding', 'keep-alive', 'content-encoding']);

export interface Gateway {
  settings: S3Settings;
  /** `fetch` for names that only the gateway knows. */
  send: typeof fetch;
  stop(): Promise<void>;
}

export async function startVirtualHostGateway(behind: S3Settings, region: string): Promise<Gateway> {
  const host = `s3.${region}.example`;
  const bucket = 'films';
  const keys = { accessKeyId: 'AKIAVIRTUALHOST', secretAccessKey: 'virtual-host-secret' };
  const server = http.createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500).end(String(error));
    });
  });

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await text(request);
    const asked = plainHeaders(request.headers);
    const name = asked[NAME_HEADER] ?? '';
    if (name !== `${bucket}.${host}`) return refuse(response, 404, 'NoSuchBucket');
    const verdict = verifySignature(
      { method: request.method ?? '', path: request.url ?? '', headers: { ...asked, host: name } },
      {
        region,
        secretOf: (id) => (id === keys.accessKeyId ? keys.secretAccessKey : undefined),
        nowMs: Date.now(),
      },
    );
    if (verdict !== 'ok') return refuse(response, 403, `SignatureDoesNotMatch: ${verdict}`);
    const passed = await passOn(behind, request, asked, body);
    response.writeHead(passed.status, [...passed.headers].filter(([key]) => !CONNECTION.has(key)).flat());
    response.end(Buffer.from(await passed.arrayBuffer()));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    settings: {
      ...{ endpoint: `https://${host}`, publicEndpoint: `https://${host}` },
      ...{ region, bucket, addressing: 'virtual-host', ...keys },
    },
    send: (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      const headers = new Headers(init?.headers);
      headers.set(NAME_HEADER, url.host);
      return fetch(`http://127.0.0.1:${port}${url.pathname}${url.search}`, { ...init, headers });
    },
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function passOn(
  behind: S3Settings,
  request: http.IncomingMessage,
  asked: Record<string, string>,
  body: string,
): Promise<Response> {
  const [path = '', search = ''] = (request.url ?? '').split('?', 2);
  const query = [...new URLSearchParams(search)].filter(([name]) => !name.startsWith('X-Amz-'));
  const headers = Object.entries(asked).filter(([name]) => PASSED_ON.test(name));
  return sendToS3(
    behind,
    { now: () => Date.now(), fraction: () => 0, signingKeys: new Map() },
    {
      method: request.method as S3Request['method'],
      key: decodeURIComponent(path.replace(/^\//, '')),
      query: Object.fromEntries(query),
      headers: Object.fromEntries(headers),
      ...(body === '' ? {} : { body }),
      expect: ANY_STATUS,
    },
  );
}

function plainHeaders(headers: http.IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function refuse(response: http.ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}
