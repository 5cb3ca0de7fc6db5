import { objectKey, uploadKey } from '@millrace/shared/storage-keys.ts';
import { expectSame, type Rule } from '../rule.ts';

/** Keys as `shared/src/storage-keys.ts` builds them, listing and deleting. */
export const keys: readonly Rule[] = [
  {
    name: 'every character our keys may have survives signing',
    needed: true,
    without: 'some files could not be uploaded',
    async check({ storage, newKey, send, sign }) {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdefghijklmnopqrstuvwxyz_0123456789.mp4';
      const odd = uploadKey('p', 'u', "Žlutý kůň (1) & 'x' + 100% ~ #?.mp4").replace('uploads/p/u/', '');
      for (const name of [alphabet, odd, '1/a..b--c__d.m4s', objectKey('p', 't', 3, 'v-1080p/init.mp4')]) {
        const key = newKey(name);
        const put = await send(await sign({ method: 'PUT', key }), { method: 'PUT', body: name });
        expectSame(`PUT ${name}`, put.status, 200);
        const got = await send(await sign({ method: 'GET', key }));
        expectSame(`GET ${name}`, [got.status, got.text], [200, name]);
        expectSame(`list ${name}`, await storage.list(key), [key]);
      }
    },
  },
  {
    name: 'a prefix lists what lies below it, at once after writing',
    needed: true,
    without: 'erasing would leave objects behind',
    async check({ storage, newKey }) {
      const folder = newKey('');
      await storage.putOnce(`${folder}1/a.m4s`, 'a', 'video/mp4');
      await storage.putOnce(`${folder}1/b.m4s`, 'b', 'video/mp4');
      await storage.putOnce(`${folder.slice(0, -1)}x/c.m4s`, 'c', 'video/mp4');
      expectSame('keys', await storage.list(folder), [`${folder}1/a.m4s`, `${folder}1/b.m4s`]);
      expectSame('nothing', await storage.list(`${folder}2/`), []);
    },
  },
  {
    name: 'deleting is done when it is answered, and may be repeated',
    needed: true,
    without: 'erasing could not be promised',
    async check({ storage, newKey }) {
      const key = newKey();
      await storage.putOnce(key, 'a', 'video/mp4');
      await storage.delete(key);
      await storage.delete(key);
      expectSame('HEAD', await storage.head(key), null);
      const missing = await storage.get(key);
      await missing.text();
      expectSame('GET', missing.status, 404);
      await storage.putOnce(key, 'b', 'video/mp4');
      expectSame('written again', await (await storage.get(key)).text(), 'b');
    },
  },
  {
    name: 'many are deleted together, those that are missing too',
    needed: true,
    without: 'erasing would leave objects behind',
    async check({ storage, newKey }) {
      const folder = newKey('');
      const names = ['a', 'b', 'c'].map((name) => `${folder}${name}.m4s`);
      for (const key of names) await storage.putOnce(key, 'x', 'video/mp4');
      const gone = [names[0] ?? '', names[2] ?? '', `${folder}none.m4s`];
      expectSame('count', await storage.deleteMany(gone), 3);
      expectSame('left', await storage.list(folder), [names[1]]);
    },
  },
  {
    name: 'DeleteObjects takes more than 15 in one request',
    needed: false,
    without: 'erasing takes a request an object, 15 at a time',
    async check({ storage, newKey }) {
      const folder = newKey('');
      const names = Array.from({ length: 16 }, (_, n) => `${folder}${n}.m4s`);
      await Promise.all(names.map((key) => storage.putOnce(key, 'x', 'video/mp4')));
      expectSame('count', await storage.deleteMany(names), 16);
    },
  },
  {
    name: 'what is not there is 404, not 403',
    needed: true,
    without: 'a missing upload would look like a wrong key: allow ListBucket',
    async check({ storage, newKey, send, sign }) {
      const key = newKey();
      expectSame('HEAD', await storage.head(key), null);
      expectSame('GET', (await send(await sign({ method: 'GET', key }))).status, 404);
    },
  },
];
