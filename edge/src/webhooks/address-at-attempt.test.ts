import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { webhookDeliveries, webhooks } from '../db/schema.ts';
import { seedDelivery, seedWebhook } from '../testing/seed-webhook.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import type { Attempt } from './attempt.ts';
import { deliverWebhooks } from './deliver-webhooks.ts';

const RESOLVER = 'https://dns.example/dns-query';
const URL_OF_HOOK = 'https://hooks.example.com/millrace';

let outside: TestContext;
let ctx: Context;
beforeAll(async () => {
  outside = await openTestContext();
  const config = { ...outside.ctx.config, webhookLoopback: false, dnsOverHttpsUrl: RESOLVER };
  ctx = { ...outside.ctx, config };
});
afterAll(() => outside.close());
afterEach(() => ctx.db.delete(webhooks));

/** An internet with one resolver, where every receiver answers 200. */
function internet(resolve: (name: string, type: string) => Response) {
  const posted: string[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    if (!url.startsWith(RESOLVER)) {
      posted.push(url);
      return new Response(null, { status: 200 });
    }
    const query = new URL(url).searchParams;
    expect(new Headers(init.headers).get('accept')).toBe('application/dns-json');
    return resolve(query.get('name') ?? '', query.get('type') ?? '');
  };
  return { posted, outbound: { fetch, timeoutMs: 1_000 } };
}

const answers = (...records: { type: number; data: string }[]) =>
  Response.json({ Status: 0, Answer: records.map((record) => ({ name: 'x', TTL: 1, ...record })) });
const a = (data: string) => ({ type: 1, data });
const aaaa = (data: string) => ({ type: 28, data });

async function attemptsOf(id: string): Promise<Attempt[]> {
  const [row] = await ctx.db.select().from(webhookDeliveries).where(eq(webhookDeliveries.id, id));
  return row?.attempts as Attempt[];
}

async function outcomeOf(resolve: (name: string, type: string) => Response, url = URL_OF_HOOK) {
  const { id: webhookId } = await seedWebhook(ctx, { url });
  const id = await seedDelivery(ctx, webhookId);
  const world = internet(resolve);
  await deliverWebhooks(ctx, world.outbound);
  const [attempt] = await attemptsOf(id);
  return { error: attempt?.error, status: attempt?.status, posted: world.posted };
}

test('a name that leads to the public internet is called', async () => {
  const asked: string[] = [];
  const outcome = await outcomeOf((name, type) => {
    asked.push(`${name} ${type}`);
    const alias = { type: 5, data: 'cdn.example.net.' };
    return type === 'A' ? answers(alias, a('93.184.216.34')) : answers(alias, aaaa('2606:4700::1'));
  });
  expect(outcome).toEqual({ error: null, status: 200, posted: [URL_OF_HOOK] });
  expect(asked.sort()).toEqual(['hooks.example.com A', 'hooks.example.com AAAA']);
});

test.each([
  ['a private address', answers(a('10.0.0.1')), answers()],
  ['one private address among public ones', answers(a('93.184.216.34'), a('127.0.0.1')), answers()],
  ['a private address in IPv6', answers(a('93.184.216.34')), answers(aaaa('fd00::1'))],
  ['IPv4 loopback in IPv6', answers(a('93.184.216.34')), answers(aaaa('::ffff:127.0.0.1'))],
  ['what is no address', answers(a('localhost')), answers()],
])('a name that leads to %s is not', async (_what, v4, v6) => {
  const outcome = await outcomeOf((_name, type) => (type === 'A' ? v4 : v6));
  expect(outcome).toEqual({ error: 'address_refused', status: null, posted: [] });
});

test.each([
  ['to nothing', () => answers()],
  ['nowhere', () => Response.json({ Status: 3 })],
  [
    'to half an answer',
    (type: string) => (type === 'A' ? answers(a('93.184.216.34')) : Response.json({ Status: 2 })),
  ],
  ['to a resolver that is down', () => new Response('no', { status: 503 })],
  ['to a resolver that answers nonsense', () => new Response('<html>')],
])('a name that leads %s is not', async (_what, resolve) => {
  const outcome = await outcomeOf((_name, type) => resolve(type));
  expect(outcome).toEqual({ error: 'name_unresolved', status: null, posted: [] });
});

test('an address is not looked up', async () => {
  const outcome = await outcomeOf(() => {
    throw new Error('nobody should ask');
  }, 'https://93.184.216.34/hook');
  expect(outcome).toMatchObject({ error: null, status: 200 });
});

test('a name that leads elsewhere the second time is refused then', async () => {
  const { id: webhookId } = await seedWebhook(ctx, { url: URL_OF_HOOK });
  const id = await seedDelivery(ctx, webhookId);
  let address = '93.184.216.34';
  const world = internet((_name, type) => (type === 'A' ? answers(a(address)) : answers()));
  const failing = {
    ...world.outbound,
    fetch: async (url: string, init: RequestInit) => {
      const response = await world.outbound.fetch(url, init);
      return url === URL_OF_HOOK ? new Response(null, { status: 500 }) : response;
    },
  };
  await deliverWebhooks(ctx, failing);
  address = '169.254.169.254';
  await ctx.db.update(webhookDeliveries).set({ dueAt: new Date(0) });
  await deliverWebhooks(ctx, failing);
  expect((await attemptsOf(id)).map((attempt) => attempt.error)).toEqual(['status', 'address_refused']);
  expect(world.posted).toEqual([URL_OF_HOOK]);
});

test('a receiver on this machine is refused once the setting is gone', async () => {
  const open = { ...ctx, config: { ...ctx.config, webhookLoopback: true } };
  const { id: webhookId } = await seedWebhook(open, { url: 'http://127.0.0.1:9/hook' });
  const id = await seedDelivery(ctx, webhookId);
  const world = internet(() => answers());
  await deliverWebhooks(ctx, world.outbound);
  expect(await attemptsOf(id)).toMatchObject([{ error: 'address_refused' }]);
  expect(world.posted).toEqual([]);
});
