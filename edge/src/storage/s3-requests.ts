import { AwsV4Signer } from 'aws4fetch';
import { Refusal } from '../refusal.ts';
import { textsOf } from './s3-xml.ts';
import { StorageRefusal } from './storage.ts';

export interface S3Settings {
  endpoint: string;
  publicEndpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
}

export interface S3Surroundings {
  /** Milliseconds since the epoch: signatures carry it. */
  now(): number;
  /** In [0, 1). */
  fraction(): number;
  /** Derived signing keys, one a day: worth keeping for as long as the process lives. */
  signingKeys: Map<string, ArrayBuffer>;
  fetch?: typeof fetch;
}

export interface S3Request {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  key: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string;
  /** The body is handed on, and may take as long as it takes. */
  streams?: boolean;
  /** Statuses the caller wants to see; every other is an error. */
  expect: number[];
}

const TRIES = 3;
const FIRST_PAUSE_MS = 100;
/** For the whole answer, or for its headers when the body is handed on. */
const ANSWER_WITHIN_MS = 10_000;

/**
 * Sends one signed request. Tries again after network errors, 429 and 5xx, but never repeats a POST. Throws
 * `StorageRefusal`, or refuses with `storage_unavailable`.
 */
export async function sendToS3(
  settings: S3Settings,
  surroundings: S3Surroundings,
  request: S3Request,
): Promise<Response> {
  const tries = request.method === 'POST' ? 1 : TRIES;
  let last: unknown;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    if (attempt > 0) await pause(surroundings.fraction() * FIRST_PAUSE_MS * 2 ** attempt);
    try {
      const response = await sendOnce(settings, surroundings, request);
      if (request.expect.includes(response.status)) return response;
      const refusal = await readRefusal(response);
      if (response.status < 500 && response.status !== 429) throw refusal;
      last = refusal;
    } catch (error) {
      if (error instanceof StorageRefusal) throw error;
      last = error;
    }
  }
  throw new Refusal('storage_unavailable', 'Object storage did not answer. Try again.', {
    retryAfterSeconds: 5,
    cause: last,
  });
}

/** The signature's parameters as part of a URL. `signedHeaders` must be sent by whoever uses it. */
export async function presign(
  settings: S3Settings,
  surroundings: S3Surroundings,
  request: {
    method: 'GET' | 'PUT';
    key: string;
    query?: Record<string, string>;
    signedHeaders?: Record<string, string>;
    expiresInSeconds: number;
  },
): Promise<string> {
  const query = { ...request.query, 'X-Amz-Expires': String(request.expiresInSeconds) };
  const signer = new AwsV4Signer({
    ...credentials(settings, surroundings),
    method: request.method,
    url: objectUrl(settings.publicEndpoint, settings.bucket, request.key, query),
    headers: request.signedHeaders ?? {},
    signQuery: true,
    allHeaders: true,
  });
  return (await signer.sign()).url.href;
}

async function sendOnce(
  settings: S3Settings,
  surroundings: S3Surroundings,
  request: S3Request,
): Promise<Response> {
  const signed = await new AwsV4Signer({
    ...credentials(settings, surroundings),
    method: request.method,
    url: objectUrl(settings.endpoint, settings.bucket, request.key, request.query ?? {}),
    headers: request.headers ?? {},
    ...(request.body === undefined ? {} : { body: request.body }),
  }).sign();
  const init = {
    method: request.method,
    headers: signed.headers,
    ...(request.body === undefined ? {} : { body: request.body }),
  };
  const send = surroundings.fetch ?? fetch;
  if (!request.streams)
    return send(signed.url.href, { ...init, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new Error('no answer in time')), ANSWER_WITHIN_MS);
  try {
    return await send(signed.url.href, { ...init, signal: deadline.signal });
  } finally {
    clearTimeout(timer);
  }
}

/** Always names service and region: the library's guesses know few hosts. */
function credentials(settings: S3Settings, surroundings: S3Surroundings) {
  return {
    accessKeyId: settings.accessKeyId,
    secretAccessKey: settings.secretAccessKey,
    service: 's3',
    region: settings.region,
    cache: surroundings.signingKeys,
    datetime: new Date(surroundings.now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
  };
}

/** Path style, which every S3 speaks. An empty key is the bucket itself. */
function objectUrl(endpoint: string, bucket: string, key: string, query: Record<string, string>): string {
  const url = `${endpoint.replace(/\/+$/, '')}/${bucket}${key === '' ? '' : `/${key}`}`;
  const search = new URLSearchParams(query).toString();
  return search === '' ? url : `${url}?${search}`;
}

async function readRefusal(response: Response): Promise<StorageRefusal> {
  const xml = await response.text();
  const code = textsOf(xml, 'Code')[0] ?? `Status${response.status}`;
  return new StorageRefusal(response.status, code, textsOf(xml, 'Message')[0] ?? `storage said ${code}`);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
