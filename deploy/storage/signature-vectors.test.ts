import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { presign, type S3Settings, sendToS3 } from '../../edge/src/storage/s3-requests.ts';
import { verifySignature } from './testing/verify-signature.ts';

/*
 * The examples of AWS's «Authenticating Requests (AWS Signature Version 4)» for S3: bucket `examplebucket`,
 * virtual-host addressing, region us-east-1, 24 May 2013.
 */

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const AT_MS = Date.UTC(2013, 4, 24);
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const aws: S3Settings = {
  endpoint: 'https://s3.amazonaws.com',
  publicEndpoint: 'https://s3.amazonaws.com',
  region: 'us-east-1',
  bucket: 'examplebucket',
  addressing: 'virtual-host',
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: SECRET,
};
const verifier = { region: 'us-east-1', secretOf: () => SECRET, nowMs: AT_MS + 60_000 };

function surroundings(send?: typeof fetch) {
  return { now: () => AT_MS, fraction: () => 0, signingKeys: new Map(), ...(send ? { fetch: send } : {}) };
}

test('presigned: the URL of the published example, to the letter of its signature', async () => {
  const signed = await presign(aws, surroundings(), {
    method: 'GET',
    key: 'test.txt',
    expiresInSeconds: 86_400,
  });
  const url = new URL(signed);
  expect(`${url.origin}${url.pathname}`).toBe('https://examplebucket.s3.amazonaws.com/test.txt');
  expect(Object.fromEntries(url.searchParams)).toEqual({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request',
    'X-Amz-Date': '20130524T000000Z',
    'X-Amz-Expires': '86400',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Signature': 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
  });
});

test.each([
  ['bucket lifecycle', { lifecycle: '' }, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'],
  [
    'list objects',
    { 'max-keys': '2', prefix: 'J' },
    '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  ],
] as const)('in a header: %s, as published', async (_, query, signature) => {
  let authorization: string | null = null;
  const note: typeof fetch = async (_input, init) => {
    authorization = new Headers(init?.headers).get('authorization');
    return new Response();
  };
  const headers = { 'x-amz-content-sha256': EMPTY };
  await sendToS3(aws, surroundings(note), {
    method: 'GET',
    key: '',
    query: { ...query },
    headers,
    expect: [200],
  });
  expect(authorization).toContain('Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request');
  expect(authorization).toContain('SignedHeaders=host;x-amz-content-sha256;x-amz-date');
  expect(authorization).toContain(`Signature=${signature}`);
});

const put = 'Welcome to Amazon S3.';
const published = [
  {
    example: 'GET with a range',
    ...{ method: 'GET', path: '/test.txt', more: { range: 'bytes=0-9' }, payload: '' },
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    example: 'PUT with a storage class and a $ in its key',
    ...{ method: 'PUT', path: '/test%24file.text', payload: put },
    more: { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    example: 'bucket lifecycle',
    ...{ method: 'GET', path: '/?lifecycle', more: {}, payload: '' },
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
];

function exampleRequest({ method, path, more, payload, signature }: (typeof published)[number]) {
  const headers: Record<string, string> = {
    host: 'examplebucket.s3.amazonaws.com',
    'x-amz-content-sha256': createHash('sha256').update(payload).digest('hex'),
    'x-amz-date': '20130524T000000Z',
    ...more,
  };
  const signed = Object.keys(headers).sort().join(';');
  const credential = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${signed},Signature=${signature}`;
  return { method, path, headers };
}

test.each(published)('the verifier accepts the published example: $example', (example) => {
  expect(verifySignature(exampleRequest(example), verifier)).toBe('ok');
});

test('the verifier refuses whatever differs from what was signed', () => {
  const example = published[0];
  if (!example) throw new Error('no example');
  const good = exampleRequest(example);
  const judge = (change: object, by = {}) => verifySignature({ ...good, ...change }, { ...verifier, ...by });
  expect(judge({ method: 'PUT' })).toBe('mismatch');
  expect(judge({ path: '/other.txt' })).toBe('mismatch');
  expect(judge({ path: '/test.txt?versionId=1' })).toBe('mismatch');
  expect(judge({ headers: { ...good.headers, host: 'other.s3.amazonaws.com' } })).toBe('mismatch');
  expect(judge({ headers: { ...good.headers, range: 'bytes=0-99' } })).toBe('mismatch');
  expect(judge({}, { secretOf: () => 'another' })).toBe('mismatch');
  expect(judge({}, { secretOf: () => undefined })).toBe('unknown-key');
  expect(judge({}, { region: 'eu-west-1' })).toBe('wrong-scope');
  expect(judge({}, { nowMs: AT_MS + 16 * 60_000 })).toBe('expired');
  expect(judge({ headers: { host: 'examplebucket.s3.amazonaws.com' } })).toBe('unsigned');
});

const variations = [
  { endpoint: 'https://s3.eu-central-1.amazonaws.com', region: 'eu-central-1', addressing: 'virtual-host' },
  { endpoint: 'https://s3.us-gov-west-1.amazonaws.com', region: 'us-gov-west-1', addressing: 'path' },
  { endpoint: 'https://s3.cn-north-1.amazonaws.com.cn', region: 'cn-north-1', addressing: 'virtual-host' },
  { endpoint: 'http://minio.internal:9000', region: 'us-east-1', addressing: 'path' },
  { endpoint: 'https://0123.r2.cloudflarestorage.com', region: 'auto', addressing: 'path' },
] as const;

test.each(variations)(
  '$endpoint, $region, $addressing: what is signed is accepted until it expires',
  async (where) => {
    const settings = { ...aws, ...where, publicEndpoint: where.endpoint };
    const signedHeaders = { 'content-type': 'video/mp4', 'content-length': '5', 'if-none-match': '*' };
    const url = new URL(
      await presign(settings, surroundings(), {
        ...{ method: 'PUT', key: 'uploads/p/u/a..b_c-D.mp4', signedHeaders, expiresInSeconds: 60 },
        query: { partNumber: '1', uploadId: 'a+b/c=d~e (f)' },
      }),
    );
    const request = {
      ...{ method: 'PUT', path: `${url.pathname}${url.search}` },
      headers: { host: url.host, ...signedHeaders },
    };
    const by = { ...verifier, region: where.region };
    expect(verifySignature(request, by)).toBe('ok');
    expect(verifySignature(request, { ...by, nowMs: AT_MS + 61_000 })).toBe('expired');
    expect(verifySignature({ ...request, headers: { ...request.headers, 'content-length': '6' } }, by)).toBe(
      'mismatch',
    );
    expect(url.host.startsWith('examplebucket.')).toBe(where.addressing === 'virtual-host');
  },
);
