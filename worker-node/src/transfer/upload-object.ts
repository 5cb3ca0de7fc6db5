import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { TaskFailure } from '../task-failure.ts';
import type { TransferTools } from './fetch-object.ts';
import { keepTrying, type Sign } from './keep-trying.ts';
import type { SignedRequest } from './signed-request.ts';

const TRY_TIMEOUT_MS = 30_000;
/** A try may take longer for larger objects: this is the slowest line we wait for. */
const MIN_BYTES_PER_MS = 200;

/** What to store: bytes at hand, or a file in scratch, with what stands in front of it; `sizeBytes` is both. */
export type UploadBody = Buffer | { head?: Buffer; file: string; sizeBytes: number };

/** Read from disk at a time. */
const PIECE_BYTES = 1024 * 1024;

export interface StoredObject {
  sizeBytes: number;
  /** Null when the store's answer was lost, or it sent none. */
  etag: string | null;
}

/**
 * PUTs one object; keeps trying what may pass.
 *
 * A 412 after a try that may have arrived is success. The key is this attempt's own, every PUT says `If-None-Match: *`,
 * and a store keeps a body complete or not at all: so the object that is there is ours, whole, and what was lost is only
 * the answer. A 412 before any such try is somebody else's object.
 */
export function uploadObject(
  tools: TransferTools,
  sign: Sign,
  options: { what: string; body: UploadBody; signal: AbortSignal },
): Promise<StoredObject> {
  const { what, body, signal } = options;
  const sizeBytes = Buffer.isBuffer(body) ? body.length : body.sizeBytes;
  let maybeStored = false;
  return keepTrying(
    tools,
    sign,
    { object: what, what: `${what} could not be stored`, operation: 'put', signal },
    async (signed) => {
      const maybeBefore = maybeStored;
      // Until an answer says otherwise.
      maybeStored = true;
      const answer = await put(tools, signed, body, sizeBytes, signal);
      maybeStored = maybeBefore || answer.status >= 500;
      if (answer.status >= 200 && answer.status < 300) {
        tools.meter.uploaded(sizeBytes);
        return { done: { sizeBytes, etag: answer.etag } };
      }
      if (answer.status !== 412) return answer;
      if (maybeBefore) return { done: { sizeBytes, etag: null } };
      throw new TaskFailure('verification_failed', `${what} was already there, not from this attempt`);
    },
  );
}

async function put(
  tools: TransferTools,
  signed: SignedRequest,
  body: UploadBody,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<{ status: number; etag: string | null; body: string }> {
  const file = Buffer.isBuffer(body) ? null : await open(body.file, 'r');
  try {
    const answer = await request(signed.url, {
      dispatcher: tools.http,
      method: 'PUT',
      headers: { ...signed.headers, 'content-length': String(sizeBytes) },
      body: Buffer.isBuffer(body) ? body : file && Readable.from(pieces(file, body.head)),
      signal: AbortSignal.any([
        signal,
        AbortSignal.timeout(TRY_TIMEOUT_MS + Math.ceil(sizeBytes / MIN_BYTES_PER_MS)),
      ]),
    });
    const text = (await answer.body.text()).slice(0, 2_000);
    const etag = answer.headers.etag;
    return { status: answer.statusCode, etag: typeof etag === 'string' ? etag : null, body: text };
  } finally {
    await file?.close();
  }
}

async function* pieces(file: FileHandle, head: Buffer | undefined): AsyncGenerator<Buffer> {
  if (head) yield head;
  yield* file.createReadStream({ autoClose: false, start: 0, highWaterMark: PIECE_BYTES });
}
