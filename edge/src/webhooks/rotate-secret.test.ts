import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { webhooks } from '../db/schema.ts';
import { seedWebhook } from '../testing/seed-webhook.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { rotateSecret } from './rotate-secret.ts';

let outside: TestContext;
let ctx: Context;
beforeAll(async () => {
  outside = await openTestContext();
  ctx = outside.ctx;
});
afterAll(() => outside.close());

/** A context whose next secret is the same each time, as a repeated request has it. */
const making = (byte: number): Context => ({
  ...ctx,
  random: { ...ctx.random, bytes: (count) => new Uint8Array(count).fill(byte) },
});

async function rotating(overlapSeconds = 3_600) {
  const made = await seedWebhook(ctx, { url: 'https://hooks.example.com/' });
  const input = { projectId: 'default', webhookId: made.id, actor: 'test', overlapSeconds };
  const read = async () => (await ctx.db.select().from(webhooks).where(eq(webhooks.id, made.id)))[0];
  return { made, read, rotate: (byte: number) => rotateSecret(making(byte), input) };
}

test('a rotation that is repeated leaves the secret of before its overlap', async () => {
  const { made, read, rotate } = await rotating();
  const first = await rotate(7);
  const before = await read();
  expect(await rotate(7)).toEqual(first);
  expect(await read()).toEqual(before);
  expect(before).toMatchObject({ secret: first.secret, previousSecret: made.secret });
});

test.each([3_600, 0])(
  'one that is repeated after the next does not bring its secret back (overlap %i s)',
  async (overlapSeconds) => {
    const { read, rotate } = await rotating(overlapSeconds);
    const first = await rotate(7);
    const second = await rotate(8);
    expect((await rotate(7)).secret).toBe(first.secret);
    expect((await read())?.secret).toBe(second.secret);
  },
);
