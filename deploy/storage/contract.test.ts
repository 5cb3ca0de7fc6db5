import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contract } from './contract.ts';
import { openStore, type Store, sweep } from './store.ts';
import { startLocalS3 } from './testing/local-s3.ts';
import { startVirtualHostGateway } from './testing/virtual-host-gateway.ts';

/** What wrangler's own S3 lacks, as docs/storage.md says. Millrace does without. */
const lackingLocally = ['a download link names the file', 'uploads under way are listed'];

const stops: (() => Promise<void>)[] = [];
let stores: Record<string, Store>;

beforeAll(async () => {
  const local = await startLocalS3();
  const gateway = await startVirtualHostGateway(local.settings, 'eu-central-1');
  stops.push(gateway.stop, local.stop);
  stores = {
    'wrangler, path style, region auto': openStore(local.settings),
    'as AWS: virtual host, region eu-central-1': openStore(gateway.settings, gateway.send),
  };
});
afterAll(async () => {
  for (const stop of stops) await stop();
});

describe.each(['wrangler, path style, region auto', 'as AWS: virtual host, region eu-central-1'])(
  '%s',
  (name) => {
    test.each(contract.filter((rule) => !lackingLocally.includes(rule.name)))('$name', async ({ check }) => {
      await check(storeOf(name));
    });

    test.each(contract.filter((rule) => lackingLocally.includes(rule.name)))('lacks: $name', async (rule) => {
      expect(rule.needed).toBe(false);
      await expect(rule.check(storeOf(name))).rejects.toThrow();
    });

    test('nothing is left behind', async () => {
      const store = storeOf(name);
      await sweep(store);
      expect(await store.storage.list(store.prefix)).toEqual([]);
    });
  },
);

function storeOf(name: string): Store {
  const store = stores[name];
  if (!store) throw new Error(`no store ${name}`);
  return store;
}
