import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Upload } from './api.ts';
import { uploadFile } from './upload-file.ts';

const sizeBytes = 3_000_000;

let folder: string;
let file: string;
let server: Server;
let received: { length: number; type: string | undefined; contentLength: string | undefined } | undefined;
let upload: Upload;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-upload-'));
  file = join(folder, 'film.mp4');
  await writeFile(file, Buffer.alloc(sizeBytes, 1));
  received = undefined;
  server = createServer(async (request, response) => {
    if (request.url === '/refused') {
      request.resume();
      response.writeHead(403).end('<Code>SignatureDoesNotMatch</Code>');
      return;
    }
    const { length } = await buffer(request);
    const { 'content-type': type, 'content-length': contentLength } = request.headers;
    received = { length, type, contentLength };
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const origin = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : '';
  upload = {
    input_key: 'film',
    upload_url: `${origin}/film`,
    method: 'PUT',
    headers: { 'content-type': 'video/mp4' },
  };
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

test('the file arrives whole, with the headers that were signed, and progress only grows', async () => {
  const progress: number[] = [];
  await uploadFile(file, sizeBytes, upload, (sent) => progress.push(sent), AbortSignal.timeout(20_000));
  expect(received).toEqual({ length: sizeBytes, type: 'video/mp4', contentLength: String(sizeBytes) });
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
  expect(progress.at(-1)).toBe(sizeBytes);
});

test('a refusal is told in the words of the storage', async () => {
  const refused = { ...upload, upload_url: new URL('/refused', upload.upload_url).href };
  await expect(uploadFile(file, sizeBytes, refused, () => {}, AbortSignal.timeout(20_000))).rejects.toThrow(
    'the upload was refused (403): <Code>SignatureDoesNotMatch</Code>',
  );
});
