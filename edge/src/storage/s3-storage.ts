import { presign, type S3Settings, type S3Surroundings, sendToS3 } from './s3-requests.ts';
import { escapeXml, textsOf } from './s3-xml.ts';
import { type Storage, StorageRefusal } from './storage.ts';

/** S3's limit. */
const DELETED_AT_ONCE = 1_000;
/** A Worker may make only so many requests. */
const DELETED_SINGLY = 15;

/** Any S3 by its REST API: R2, wrangler's local endpoint, MinIO. */
export function openS3Storage(settings: S3Settings, surroundings: S3Surroundings): Storage {
  const send = (request: Parameters<typeof sendToS3>[2]) => sendToS3(settings, surroundings, request);
  // Thousands are signed at once: one derives the day's key first, the others find it.
  let first: Promise<string> | null = null;
  const sign = async (request: Parameters<typeof presign>[2]) => {
    if (surroundings.signingKeys.size === 0) {
      first ??= presign(settings, surroundings, request);
      await first;
    }
    return presign(settings, surroundings, request);
  };

  return {
    async head(key) {
      const response = await send({ method: 'HEAD', key, expect: [200, 404] });
      if (response.status === 404) return null;
      return {
        sizeBytes: Number(response.headers.get('content-length') ?? '0'),
        etag: response.headers.get('etag') ?? '',
        contentType: response.headers.get('content-type'),
      };
    },

    async peek(key, bytes) {
      const headers = { range: `bytes=0-${bytes - 1}` };
      const response = await send({ method: 'GET', key, headers, expect: [200, 206, 404, 416] });
      return readStart(response, bytes);
    },

    get(key, headers = {}) {
      return send({ method: 'GET', key, headers, streams: true, expect: [200, 206, 304, 404, 416] });
    },

    async putOnce(key, body, contentType) {
      const headers = { 'content-type': contentType, 'if-none-match': '*' };
      const response = await send({ method: 'PUT', key, headers, body, expect: [200, 412] });
      await response.body?.cancel();
      if (response.status === 412)
        await requireSameBytes(await send({ method: 'GET', key, expect: [200] }), body);
    },

    async delete(key) {
      const response = await send({ method: 'DELETE', key, expect: [200, 204, 404] });
      await response.body?.cancel();
    },

    async deleteMany(keys) {
      if (keys.length === 0) return 0;
      const body = deletionXml(keys.slice(0, DELETED_AT_ONCE));
      const headers = {
        'content-type': 'application/xml',
        'x-amz-checksum-sha256': await sha256Base64(body),
      };
      const response = await send({
        ...{ method: 'POST', key: '', query: { delete: '' }, headers, body },
        expect: [200, 400, 405, 501],
      });
      const xml = await response.text();
      if (response.status !== 200) {
        // Not every S3 knows DeleteObjects, or its checksum.
        const few = keys.slice(0, DELETED_SINGLY);
        await Promise.all(few.map((key) => this.delete(key)));
        return few.length;
      }
      const code = textsOf(xml, 'Code')[0];
      if (code) throw new StorageRefusal(200, code, textsOf(xml, 'Message')[0] ?? `storage said ${code}`);
      return Math.min(keys.length, DELETED_AT_ONCE);
    },

    async list(prefix) {
      const query = { 'list-type': '2', 'max-keys': '1000', prefix };
      const response = await send({ method: 'GET', key: '', query, expect: [200] });
      return textsOf(await response.text(), 'Key');
    },

    async presignGet(key, expiresInSeconds, options = {}) {
      // No blank after the semicolon: some sign it as "+", some as "%20".
      const query = options.filename
        ? { 'response-content-disposition': `attachment;filename="${options.filename}"` }
        : {};
      const url = await sign({ method: 'GET', key, query, expiresInSeconds, toFleet: options.toFleet });
      return { method: 'GET', url, headers: {} };
    },

    async presignPut(key, expiresInSeconds, options = {}) {
      const headers: Record<string, string> = {
        ...(options.contentType === undefined ? {} : { 'content-type': options.contentType }),
        ...(options.contentLength === undefined ? {} : { 'content-length': String(options.contentLength) }),
        ...(options.once ? { 'if-none-match': '*' } : {}),
      };
      const url = await sign({
        ...{ method: 'PUT', key, signedHeaders: headers, expiresInSeconds },
        toFleet: options.toFleet,
      });
      return { method: 'PUT', url, headers };
    },

    async createMultipart(key, contentType) {
      const headers = { 'content-type': contentType };
      const response = await send({ method: 'POST', key, query: { uploads: '' }, headers, expect: [200] });
      const id = textsOf(await response.text(), 'UploadId')[0];
      if (!id) throw new Error('storage began a multipart upload without naming it');
      return id;
    },

    async presignPart(key, multipartId, partNumber, expiresInSeconds) {
      const query = { partNumber: String(partNumber), uploadId: multipartId };
      const url = await sign({ method: 'PUT', key, query, expiresInSeconds });
      return { method: 'PUT', url, headers: {} };
    },

    async completeMultipart(key, multipartId, parts) {
      const body = completionXml(parts);
      const headers = { 'content-type': 'application/xml' };
      const query = { uploadId: multipartId };
      const response = await send({ method: 'POST', key, query, headers, body, expect: [200] });
      // S3 may begin a 200 while it still works and put the refusal into the body.
      const xml = await response.text();
      const code = textsOf(xml, 'Code')[0];
      if (code) throw new StorageRefusal(200, code, textsOf(xml, 'Message')[0] ?? `storage said ${code}`);
    },

    async abortMultipart(key, multipartId) {
      const response = await send({
        method: 'DELETE',
        key,
        query: { uploadId: multipartId },
        expect: [200, 204, 404],
      });
      await response.body?.cancel();
    },

    async listMultiparts(key) {
      const query = { uploads: '', prefix: key };
      const response = await send({ method: 'GET', key: '', query, expect: [200, 501] });
      const xml = await response.text();
      if (response.status === 501) return [];
      const keys = textsOf(xml, 'Key');
      return textsOf(xml, 'UploadId').filter((_, index) => keys[index] === key);
    },
  };
}

async function readStart(response: Response, bytes: number): ReturnType<Storage['peek']> {
  if (response.status === 404) {
    await response.body?.cancel();
    return null;
  }
  const about = {
    etag: response.headers.get('etag') ?? '',
    contentType: response.headers.get('content-type'),
  };
  // 416: an empty object has no first byte.
  if (response.status === 416) {
    await response.body?.cancel();
    return { ...about, sizeBytes: 0, start: new Uint8Array() };
  }
  const whole = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  const sizeBytes = Number(whole ?? response.headers.get('content-length') ?? '0');
  return { ...about, sizeBytes, start: await firstBytes(response, bytes) };
}

/** Whoever ignores ranges sends everything: no more is taken than was asked for. */
async function firstBytes(response: Response, bytes: number): Promise<Uint8Array> {
  const start = new Uint8Array(bytes);
  let filled = 0;
  const reader = response.body?.getReader();
  while (reader && filled < bytes) {
    const { done, value } = await reader.read();
    if (done) break;
    start.set(value.subarray(0, bytes - filled), filled);
    filled = Math.min(bytes, filled + value.length);
  }
  await reader?.cancel();
  return start.subarray(0, filled);
}

async function requireSameBytes(response: Response, body: string): Promise<void> {
  if ((await response.text()) === body) return;
  throw new StorageRefusal(412, 'PreconditionFailed', 'another object lies under this key');
}

function deletionXml(keys: string[]): string {
  const rows = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`);
  return `<Delete><Quiet>true</Quiet>${rows.join('')}</Delete>`;
}

async function sha256Base64(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

function completionXml(parts: { partNumber: number; etag: string }[]): string {
  const rows = parts.map(
    ({ partNumber, etag }) =>
      `<Part><PartNumber>${partNumber}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
  );
  return `<CompleteMultipartUpload>${rows.join('')}</CompleteMultipartUpload>`;
}
