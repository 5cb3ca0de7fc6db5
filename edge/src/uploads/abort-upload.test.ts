import type { SQL } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Context } from '../context.ts';
import { filmBytes } from '../testing/film-bytes.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { abortUpload } from './abort-upload.ts';
import { completeUpload } from './complete-upload.ts';
import { createSingle } from './create-single.ts';
import { findUpload } from './find-upload.ts';

const FILM = filmBytes(40);
let opened: TestContext;
let ctx: Context;
beforeAll(async () => {
  opened = await openTestContext();
  ctx = opened.ctx;
});
afterAll(() => opened.close());

/** A context in which something happens just before its next statement by hand. */
function justBefore(happens: () => Promise<unknown>): Context {
  const db = new Proxy(ctx.db, {
    get: (target, name) =>
      name === 'execute'
        ? async (statement: SQL) => {
            await happens();
            return target.execute(statement);
          }
        : Reflect.get(target, name),
  });
  return { ...ctx, db };
}

async function arrived() {
  const file = { filename: 'a.mp4', contentType: 'video/mp4', sizeBytes: FILM.length };
  const made = await createSingle(ctx, { projectId: 'default', actor: 'test', ...file });
  await ctx.storage.putOnce(made.inputKey, FILM, 'video/mp4');
  return { projectId: 'default', uploadId: made.uploadId, actor: 'test' };
}

test('an upload that is completed just before it would be given up stays, and says so', async () => {
  const ref = await arrived();
  const racing = justBefore(() => completeUpload(ctx, { ...ref, parts: null, etag: null }));
  await expect(abortUpload(racing, ref)).rejects.toMatchObject({ code: 'upload_expired' });
  const { status, objectKey } = await findUpload(ctx, ref);
  expect([status, await ctx.storage.head(objectKey)]).toEqual(['completed', expect.anything()]);
});

test('two that give up the same upload both succeed', async () => {
  const ref = await arrived();
  await abortUpload(
    justBefore(() => abortUpload(ctx, ref)),
    ref,
  );
  expect((await findUpload(ctx, ref)).status).toBe('aborted');
});
