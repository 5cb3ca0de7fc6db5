import { open } from 'node:fs/promises';
import { request } from 'undici';
import { type SignedRequest, TaskFailure } from '../worker/task-context.ts';
import type { TransferTools } from './fetch-object.ts';
import { MAX_TRIES, retryDelayMs, statusText, storageUnavailable } from './storage-error.ts';

const TRY_TIMEOUT_MS = 30_000;
/** A try may take longer for larger objects: this is the slowest line we wait for. */
const MIN_BYTES_PER_MS = 200;

/** What to store: bytes at hand, or a file in scratch. */
export type UploadBody = Buffer | { file: string; sizeBytes: number };

export interface StoredObject {
  sizeBytes: number;
  /** Null when the store's answer was lost, or it sent none. */
  etag: string | null;
}

/**
 * PUTs one object under a key that nobody else writes to. Retries what may pass; asks for a new URL after a 403. A 412
 * after a try whose answer never came means that try was stored.
 */
export async function uploadObject(
  tools: TransferTools,
  sign: (fresh: boolean) => Promise<SignedRequest>,
  options: { what: string; body: UploadBody; signal: AbortSignal },
): Promise<StoredObject> {
  const sizeBytes = Buffer.isBuffer(options.body) ? options.body.length : options.body.sizeBytes;
  let last: unknown = new Error('not tried');
  let fresh = false;
  let maybeStored = false;
  for (let n = 1; n <= MAX_TRIES; n += 1) {
    options.signal.throwIfAborted();
    try {
      const signed = await sign(fresh);
      const answer = await put(tools, signed, options.body, sizeBytes, options.signal);
      if (answer.status >= 200 && answer.status < 300) {
        tools.meter.uploaded(sizeBytes);
        return { sizeBytes, etag: answer.etag };
      }
      if (answer.status === 412 && maybeStored) return { sizeBytes, etag: null };
      if (answer.status === 412) {
        throw new TaskFailure(
          'verification_failed',
          `${options.what} was already there, not from this attempt`,
        );
      }
      fresh = answer.status === 403;
      if (answer.status >= 500) maybeStored = true;
      last = new Error(statusText(answer.status, answer.text));
    } catch (error) {
      if (options.signal.aborted) throw options.signal.reason;
      if (error instanceof TaskFailure) throw error;
      maybeStored = true;
      last = error;
    }
    if (n < MAX_TRIES && !(fresh && n === 1)) {
      await tools.clock.sleep(retryDelayMs(n, tools.random), options.signal);
    }
  }
  throw storageUnavailable(`${options.what} could not be stored`, last);
}

async function put(
  tools: TransferTools,
  signed: SignedRequest,
  body: UploadBody,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<{ status: number; etag: string | null; text: string }> {
  const file = Buffer.isBuffer(body) ? null : await open(body.file, 'r');
  try {
    const answer = await request(signed.url, {
      dispatcher: tools.http,
      method: 'PUT',
      headers: { ...signed.headers, 'content-length': String(sizeBytes) },
      body: Buffer.isBuffer(body) ? body : (file?.createReadStream({ autoClose: false }) ?? null),
      signal: AbortSignal.any([
        signal,
        AbortSignal.timeout(TRY_TIMEOUT_MS + Math.ceil(sizeBytes / MIN_BYTES_PER_MS)),
      ]),
    });
    const text = (await answer.body.text()).slice(0, 2_000);
    const etag = answer.headers.etag;
    return { status: answer.statusCode, etag: typeof etag === 'string' ? etag : null, text };
  } finally {
    await file?.close();
  }
}
