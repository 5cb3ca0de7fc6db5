import { expectRefusal, expectSame, type Rule } from '../rule.ts';
import type { Store } from '../store.ts';

/** S3's least size of every part but the last. */
const PART = 'a'.repeat(5 * 1024 ** 2);

/** Large uploads come in parts, in any order, and are joined at the end or thrown away. */
export const multipart: readonly Rule[] = [
  {
    name: 'parts that came in any order are joined in theirs',
    needed: true,
    without: 'no file of more than 5 GiB, and none that can be resumed',
    async check(store) {
      const { storage, newKey } = store;
      const key = newKey();
      const id = await storage.createMultipart(key, 'video/mp4');
      const last = await sendPart(store, key, id, 2, 'end');
      const first = await sendPart(store, key, id, 1, PART);
      await storage.completeMultipart(key, id, [first, last]);
      const joined = await storage.head(key);
      expectSame('size and type', [joined?.sizeBytes, joined?.contentType], [PART.length + 3, 'video/mp4']);
      const end = await storage.get(key, { range: `bytes=${PART.length - 1}-` });
      expectSame('end', await end.text(), 'aend');
    },
  },
  {
    name: 'a part may be sent again: the last one counts',
    needed: true,
    without: 'a part that broke off could not be repaired',
    async check(store) {
      const { storage, newKey } = store;
      const key = newKey();
      const id = await storage.createMultipart(key, 'video/mp4');
      await sendPart(store, key, id, 1, 'broken');
      const again = await sendPart(store, key, id, 1, 'whole');
      await storage.completeMultipart(key, id, [again]);
      expectSame('object', await (await storage.get(key)).text(), 'whole');
    },
  },
  {
    name: 'unknown parts are refused',
    needed: true,
    without: 'a client could complete an upload that is not what it says',
    async check(store) {
      const { storage, newKey } = store;
      const key = newKey();
      const id = await storage.createMultipart(key, 'video/mp4');
      const part = await sendPart(store, key, id, 1, 'bytes');
      const wrong = [{ ...part, etag: '"00000000000000000000000000000000"' }];
      await expectRefusal('a wrong ETag', storage.completeMultipart(key, id, wrong), ['InvalidPart']);
      const missing = [part, { partNumber: 2, etag: part.etag }];
      await expectRefusal('a missing part', storage.completeMultipart(key, id, missing), ['InvalidPart']);
      await storage.abortMultipart(key, id);
    },
  },
  {
    name: 'parts named out of order are refused',
    needed: false,
    without: 'nothing: Millrace names them in order',
    async check(store) {
      const { storage, newKey } = store;
      const key = newKey();
      const id = await storage.createMultipart(key, 'video/mp4');
      const first = await sendPart(store, key, id, 1, PART);
      const last = await sendPart(store, key, id, 2, 'end');
      const turned = storage.completeMultipart(key, id, [last, first]);
      await expectRefusal('2, 1', turned);
      await storage.abortMultipart(key, id);
    },
  },
  {
    name: 'an aborted upload is gone, also when aborted twice',
    needed: true,
    without: 'erased uploads could come back',
    async check(store) {
      const { storage, newKey } = store;
      const key = newKey();
      const id = await storage.createMultipart(key, 'video/mp4');
      const part = await sendPart(store, key, id, 1, 'bytes');
      await storage.abortMultipart(key, id);
      await storage.abortMultipart(key, id);
      await expectRefusal('completing', storage.completeMultipart(key, id, [part]), ['NoSuchUpload']);
      expectSame('object', await storage.head(key), null);
    },
  },
  {
    name: 'a part URL is for its upload and number only',
    needed: true,
    without: 'whoever holds one part URL could write all of the file',
    async check({ storage, newKey, send }) {
      const key = newKey();
      const id = await storage.createMultipart(key, 'video/mp4');
      const { url } = await storage.presignPart(key, id, 1, 60);
      const moved = url.replace('partNumber=1', 'partNumber=2');
      expectSame('another number', (await send(moved, { method: 'PUT', body: 'x' })).status, 403);
      await storage.abortMultipart(key, id);
    },
  },
  {
    name: 'uploads under way are listed',
    needed: false,
    without: 'an upload whose begin got no answer waits for the lifecycle rule to abort it',
    async check({ storage, newKey }) {
      const key = newKey();
      const id = await storage.createMultipart(key, 'video/mp4');
      const listed = await storage.listMultiparts(key);
      await storage.abortMultipart(key, id);
      expectSame('ids', listed, [id]);
    },
  },
];

async function sendPart({ storage, send }: Store, key: string, id: string, partNumber: number, body: string) {
  const { url } = await storage.presignPart(key, id, partNumber, 60);
  const sent = await send(url, { method: 'PUT', body });
  expectSame(`PUT of part ${partNumber}`, sent.status, 200);
  const etag = sent.headers.get('etag');
  if (!etag) throw new Error('no ETag of a part');
  return { partNumber, etag };
}
