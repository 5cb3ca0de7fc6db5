import { AwsV4Signer } from 'aws4fetch';
import { Refusal } from '../refusal.ts';
import { type Addressing, objectUrl } from './object-url.ts';
import { textsOf } from './s3-xml.ts';
import { StorageRefusal } from './storage.ts';

export interface S3Settings {
  endpoint: string;
  publicEndpoint: string;
  /** What the fleet's presigned URLs name. As clients' when left out. */
  fleetEndpoint?: string;
  region: string;
  bucket: string;
  /** Where the bucket's name stands in a URL. Path style when left out. */
  addressing?: Addressing;
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
  /** A request did not do what it was to do, and may be tried again. */
  onTrouble?: (trouble: StorageTrouble) => void;
}

export interface StorageTrouble {
  operation: 'get' | 'head' | 'put' | 'post' | 'delete';
  reason: 'network' | 'throttled' | 'refused' | 'server_error';
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

const OPERATIONS = { GET: 'get', HEAD: 'head', PUT: 'put', POST: 'post', DELETE: 'delete' } as const;
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
      if (error instanceof StorageRefusal) {
        const isOurs = error.status === 401 || error.status === 403;
        if (isOurs) surroundings.onTrouble?.({ operation: OPERATIONS[request.method], reason: 'refused' });
        throw error;
      }
      last = error;
    }
    const reason = last instanceof StorageRefusal ? troubleOf(last.status) : 'network';
    surroundings.onTrouble?.({ operation: OPERATIONS[request.method], reason });
  }
  throw new Refusal('storage_unavailable', 'Object storage did not answer. Try again.', {
    retryAfterSeconds: 5,
    cause: last,
  });
}

function troubleOf(status: number): StorageTrouble['reason'] {
  return status === 429 || status === 503 ? 'throttled' : 'server_error';
}

/** The signature's parameters as part of a URL. `signedHeaders` must be sent by whoever uses it. */
export async function presign(
  settings: S3Settings,
  surroundings: S3Surroundings,
  request: {
    method: 'GET' | 'HEAD' | 'PUT';
    key: string;
    query?: Record<string, string>;
    signedHeaders?: Record<string, string>;
    expiresInSeconds: number;
    toFleet?: boolean | undefined;
  },
): Promise<string> {
  const query = { ...request.query, 'X-Amz-Expires': String(request.expiresInSeconds) };
  const { publicEndpoint, fleetEndpoint = publicEndpoint } = settings;
  const signer = new AwsV4Signer({
    ...credentials(settings, surroundings),
    method: request.method,
    url: objectUrl(settings, request.toFleet ? fleetEndpoint : publicEndpoint, request.key, query),
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
    url: objectUrl(settings, settings.endpoint, request.key, request.query ?? {}),
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

async function readRefusal(response: Response): Promise<StorageRefusal> {
  const xml = await response.text();
  const code = textsOf(xml, 'Code')[0] ?? `Status${response.status}`;
  return new StorageRefusal(response.status, code, textsOf(xml, 'Message')[0] ?? `storage said ${code}`);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
