import { createReadStream } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Upload } from './api.ts';

export type UploadProgress = (sentBytes: number) => void;

/** Sends a file where a presigned request says, with its headers as they are. */
export async function uploadFile(
  file: string,
  sizeBytes: number,
  upload: Upload,
  onProgress: UploadProgress,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(upload.upload_url);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(url, {
    method: upload.method,
    headers: { ...upload.headers, 'content-length': sizeBytes },
    signal,
    timeout: 60_000,
  });
  request.once('timeout', () => request.destroy(new Error('the upload stood still for a minute')));
  const answered = new Promise<{ status: number; body: string }>((resolve, reject) => {
    request.once('error', reject);
    request.once('response', (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
  });
  const counted = async function* (chunks: AsyncIterable<Buffer>) {
    let sentBytes = 0;
    for await (const chunk of chunks) {
      yield chunk;
      sentBytes += chunk.length;
      onProgress(sentBytes);
    }
  };
  // A storage that refuses answers before it has read everything: its answer says more than the broken pipe.
  await Promise.all([answered, pipeline(createReadStream(file), counted, request).catch(() => {})]);
  const { status, body } = await answered;
  if (status < 200 || status > 299)
    throw new Error(`the upload was refused (${status}): ${body.slice(0, 500)}`);
}
