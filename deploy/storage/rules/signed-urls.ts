import { expectSame, type Rule } from '../rule.ts';

const CORRUPTION = 'whoever holds a URL could store something else than was agreed';

/** What a signed URL lets its holder do, and what not. */
export const signedUrls: readonly Rule[] = [
  {
    name: 'signed PUT and GET carry bytes and media type',
    needed: true,
    without: 'nothing works',
    async check({ storage, newKey, send }) {
      const key = newKey();
      const put = await storage.presignPut(key, 60, { contentType: 'video/mp4', contentLength: 5 });
      expectSame(
        'PUT',
        (await send(put.url, { method: 'PUT', headers: put.headers, body: 'video' })).status,
        200,
      );
      const got = await send((await storage.presignGet(key, 60)).url);
      expectSame('GET', [got.status, got.text, got.headers.get('content-type')], [200, 'video', 'video/mp4']);
      expectSame('bytes', (await storage.head(key))?.sizeBytes, 5);
    },
  },
  {
    name: 'signed HEAD tells size and ETag',
    needed: false,
    without: 'nothing: Millrace signs no HEAD',
    async check({ storage, newKey, send, sign }) {
      const key = newKey();
      await storage.putOnce(key, 'video', 'video/mp4');
      const head = await send(await sign({ method: 'HEAD', key }), { method: 'HEAD' });
      const etag = (await storage.head(key))?.etag;
      expectSame('HEAD', [head.status, head.headers.get('content-length')], [200, '5']);
      expectSame('ETag', head.headers.get('etag'), etag);
    },
  },
  {
    name: 'a signed media type is enforced',
    needed: true,
    without: 'uploads could carry a type that browsers run, such as text/html',
    async check({ storage, newKey, send }) {
      const key = newKey();
      const put = await storage.presignPut(key, 60, { contentType: 'video/mp4' });
      const sent = await send(put.url, {
        method: 'PUT',
        headers: { 'content-type': 'text/html' },
        body: 'x',
      });
      expectSame('PUT with another type', sent.status, 403);
      expectSame('object', await storage.head(key), null);
    },
  },
  {
    name: 'a signed length is enforced',
    needed: true,
    without: CORRUPTION,
    async check({ storage, newKey, send }) {
      const key = newKey();
      const put = await storage.presignPut(key, 60, { contentLength: 5 });
      expectSame('PUT of 8 bytes', (await send(put.url, { method: 'PUT', body: 'too long' })).status, 403);
      expectSame('object', await storage.head(key), null);
    },
  },
  {
    name: 'a URL is for its method and key only',
    needed: true,
    without: CORRUPTION,
    async check({ storage, newKey, send, sign }) {
      const [key, other] = [newKey(), newKey('other.mp4')];
      await storage.putOnce(key, 'video', 'video/mp4');
      const get = await sign({ method: 'GET', key });
      expectSame('PUT by a GET', (await send(get, { method: 'PUT', body: 'x' })).status, 403);
      const put = await sign({ method: 'PUT', key });
      const moved = put.replace(key, other);
      expectSame('PUT to another key', (await send(moved, { method: 'PUT', body: 'x' })).status, 403);
      expectSame('object', await (await storage.get(key)).text(), 'video');
    },
  },
  {
    name: 'an expired URL is refused',
    needed: true,
    without: 'a link that was given away once would open for ever',
    async check({ storage, newKey, send, sign }) {
      const key = newKey();
      await storage.putOnce(key, 'video', 'video/mp4');
      const old = { key, expiresInSeconds: 60, ageSeconds: 3_600 };
      expectSame('GET', (await send(await sign({ method: 'GET', ...old }))).status, 403);
      const put = await sign({ method: 'PUT', ...old, key: newKey() });
      expectSame('PUT', (await send(put, { method: 'PUT', body: 'x' })).status, 403);
    },
  },
  {
    name: 'a wrong signature, and none at all, are refused',
    needed: true,
    without: 'the bucket would be open to everybody',
    async check({ storage, newKey, send, sign }) {
      const key = newKey();
      await storage.putOnce(key, 'video', 'video/mp4');
      const good = await sign({ method: 'GET', key });
      const forged = good.replace(/X-Amz-Signature=\w{4}/, 'X-Amz-Signature=0000');
      expectSame('forged', (await send(forged)).status, 403);
      const bare = (await send(good.replace(/\?.*/, ''))).status;
      if (![400, 401, 403].includes(bare)) throw new Error(`without a signature: ${bare}`);
    },
  },
  {
    name: 'a download link names the file',
    needed: false,
    without: 'browsers save downloads under the last part of their key',
    async check({ storage, newKey, send }) {
      const key = newKey();
      await storage.putOnce(key, 'video', 'video/mp4');
      const { url } = await storage.presignGet(key, 60, { filename: '720p.mp4' });
      const got = await send(url);
      expectSame('GET', [got.status, got.text], [200, 'video']);
      const named = got.headers.get('content-disposition')?.replaceAll(' ', '') ?? null;
      expectSame('Content-Disposition', named, 'attachment;filename="720p.mp4"');
    },
  },
];
