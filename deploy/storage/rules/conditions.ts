import { expectRefusal, expectSame, type Rule } from '../rule.ts';

/** Objects are written once, and read as the ones they were when reading began. */
export const conditions: readonly Rule[] = [
  {
    name: 'a PUT signed with If-None-Match: * writes once',
    needed: true,
    without: 'a worker that was given up could overwrite what another has published',
    async check({ storage, newKey, send }) {
      const key = newKey();
      const put = await storage.presignPut(key, 60, { once: true });
      const { url, headers } = put;
      const bare = (await send(url, { method: 'PUT', body: 'a' })).status;
      // MinIO says 400.
      if (bare !== 403 && bare !== 400) throw new Error(`without its header: ${bare}`);
      expectSame('object without its header', await storage.head(key), null);
      expectSame('first', (await send(url, { method: 'PUT', headers, body: 'a' })).status, 200);
      expectSame('second', (await send(url, { method: 'PUT', headers, body: 'b' })).status, 412);
      expectSame('object', await (await storage.get(key)).text(), 'a');
    },
  },
  {
    name: 'of several such PUTs at once exactly one wins',
    needed: true,
    without: 'two workers could both believe that theirs is the object',
    async check({ storage, newKey, send }) {
      const key = newKey();
      const { url, headers } = await storage.presignPut(key, 60, { once: true });
      const bodies = ['a', 'b', 'c', 'd', 'e'];
      const sent = await Promise.all(
        bodies.map(async (body) => ({ body, ...(await send(url, { method: 'PUT', headers, body })) })),
      );
      const won = sent.filter(({ status }) => status === 200);
      // AWS answers 409 to whom it overtakes: as good, nothing was written.
      const lost = sent.filter(({ status }) => status === 412 || status === 409);
      expectSame('winners and losers', [won.length, lost.length], [1, 4]);
      expectSame('object', await (await storage.get(key)).text(), won[0]?.body);
    },
  },
  {
    name: 'the same small object may be written again, another not',
    needed: true,
    without: 'publishing could not be repeated',
    async check({ storage, newKey }) {
      const key = newKey('master.m3u8');
      await storage.putOnce(key, '#EXTM3U', 'text/plain');
      await storage.putOnce(key, '#EXTM3U', 'text/plain');
      await expectRefusal('other bytes', storage.putOnce(key, 'other', 'text/plain'), ['PreconditionFailed']);
    },
  },
  {
    name: 'If-Match reads only the object that was meant',
    needed: true,
    without: 'a source that is replaced while it is read would be mixed of both',
    async check({ storage, newKey, send, sign }) {
      const key = newKey();
      await storage.putOnce(key, 'video', 'video/mp4');
      const etag = (await storage.head(key))?.etag ?? '';
      const url = await sign({ method: 'GET', key });
      const same = await send(url, { headers: { 'if-match': etag, range: 'bytes=0-1' } });
      expectSame('its own ETag', [same.status, same.text], [206, 'vi']);
      const other = await send(url, { headers: { 'if-match': '"00000000000000000000000000000000"' } });
      expectSame('another ETag', other.status, 412);
    },
  },
  {
    name: 'If-None-Match spares what is known already',
    needed: false,
    without: 'players and caches read again what they have',
    async check({ storage, newKey, send, sign }) {
      const key = newKey();
      await storage.putOnce(key, 'video', 'video/mp4');
      const etag = (await storage.head(key))?.etag ?? '';
      const url = await sign({ method: 'GET', key });
      expectSame('GET', (await send(url, { headers: { 'if-none-match': etag } })).status, 304);
    },
  },
  {
    name: 'an ETag changes with the bytes',
    needed: true,
    without: 'nothing would tell that a source was replaced',
    async check({ storage, newKey, send, sign }) {
      const key = newKey();
      const put = async (body: string) => {
        const sent = await send(await sign({ method: 'PUT', key }), { method: 'PUT', body });
        expectSame('PUT', sent.status, 200);
        return (await storage.head(key))?.etag;
      };
      const first = await put('one');
      if (!first) throw new Error('no ETag');
      if (first === (await put('two'))) throw new Error(`${first} both times`);
    },
  },
];
