import { expectSame, type Rule } from '../rule.ts';
import type { Store } from '../store.ts';

const BYTES = '0123456789';

/** Sources are read in ranges, by many workers at once. */
export const ranges: readonly Rule[] = [
  {
    name: 'ranges: first, middle, last, suffix',
    needed: true,
    without: 'no worker could read a source',
    async check(store) {
      expectSame('first', await read(store, 'bytes=0-0'), [206, 'bytes 0-0/10', '0']);
      expectSame('middle', await read(store, 'bytes=2-4'), [206, 'bytes 2-4/10', '234']);
      expectSame('to the end', await read(store, 'bytes=7-'), [206, 'bytes 7-9/10', '789']);
      expectSame('suffix', await read(store, 'bytes=-3'), [206, 'bytes 7-9/10', '789']);
    },
  },
  {
    name: 'a range that reaches beyond the end is cut there',
    needed: true,
    without: 'the last block of a source could not be read',
    async check(store) {
      expectSame('beyond', await read(store, 'bytes=8-99'), [206, 'bytes 8-9/10', '89']);
    },
  },
  {
    name: 'a range behind the end is 416',
    needed: true,
    without: 'an empty object would look like a broken answer',
    async check(store) {
      expectSame('behind', (await read(store, 'bytes=10-20'))[0], 416);
      const empty = store.newKey();
      await store.storage.putOnce(empty, '', 'video/mp4');
      expectSame('peek at nothing', (await store.storage.peek(empty, 4))?.sizeBytes, 0);
    },
  },
  {
    name: 'the edge sees how an object begins, and how large it is',
    needed: true,
    without: 'uploads could not be recognised as media',
    async check({ storage, newKey }) {
      const key = newKey();
      await storage.putOnce(key, BYTES, 'video/mp4');
      const begins = await storage.peek(key, 4);
      expectSame('start', new TextDecoder().decode(begins?.start), '0123');
      expectSame('size', begins?.sizeBytes, 10);
      expectSame('missing', await storage.peek(newKey(), 4), null);
    },
  },
];

async function read(
  { storage, newKey, send, sign }: Store,
  range: string,
): Promise<[number, string, string]> {
  const key = newKey();
  await storage.putOnce(key, BYTES, 'video/mp4');
  const got = await send(await sign({ method: 'GET', key }), { headers: { range } });
  return [got.status, got.headers.get('content-range') ?? '', got.text];
}
