import { randomUUID } from 'node:crypto';
import { eq, type SQL, sql } from 'drizzle-orm';
import { uploads } from '../../db/schema.ts';
import { filmBytes } from '../../testing/film-bytes.ts';
import { seedJob } from '../../testing/seed-job.ts';
import { storeProject, storeUpload } from '../../testing/store-job.ts';
import { abortUpload } from '../../uploads/abort-upload.ts';
import { createMultipart } from '../../uploads/create-multipart.ts';
import { createSingle } from '../../uploads/create-single.ts';
import { send } from '../send.ts';
import { UNKNOWN, type World, withoutStorage } from '../world.ts';
import { asOperatorOf, type Cases } from './case.ts';

const FILE = { filename: 'clip.mp4', content_type: 'video/mp4' };
const BYTES = filmBytes(40);
const NEW = {
  projectId: 'default',
  actor: 'operator',
  filename: 'clip.mp4',
  contentType: 'video/mp4',
  sizeBytes: BYTES.length,
};
const unknown = () => ({ params: { upload_id: UNKNOWN } });
const paramsOf = (uploadId: string) => ({ params: { upload_id: uploadId } });

const begunInParts = async ({ ctx }: World) => paramsOf((await createMultipart(ctx, NEW)).uploadId);
const ended = async (world: World) => {
  const begun = await begunInParts(world);
  await abortUpload(world.ctx, {
    projectId: 'default',
    uploadId: begun.params.upload_id,
    actor: 'test',
  });
  return begun;
};
const arrived = async ({ ctx }: World, bytes = BYTES, sizeBytes = bytes.length) => {
  const made = await createSingle(ctx, { ...NEW, sizeBytes });
  await ctx.storage.putOnce(made.inputKey, bytes, 'video/mp4');
  return paramsOf(made.uploadId);
};
const begunSingle = async ({ ctx }: World) => paramsOf((await createSingle(ctx, NEW)).uploadId);
const fullProject = async ({ ctx }: World) =>
  asOperatorOf(await storeProject(ctx, `p-${randomUUID().slice(0, 8)}`, { storedBytes: 1 }));
const onePart = { parts: [{ part_number: 1, etag: '"e"' }] };

export const uploadCases: Cases = {
  getUploadUrl: {
    200: () => ({ query: { ...FILE, size_bytes: '40' } }),
    source_too_large: () => ({ query: { ...FILE, size_bytes: String(6 * 1024 ** 3) } }),
    quota_exceeded: async (world) => ({
      query: { ...FILE, size_bytes: '40' },
      headers: await fullProject(world),
    }),
  },
  createUpload: {
    201: () => ({ body: { ...FILE, size_bytes: 40 * 1024 ** 2 } }),
    upload_expired: repeatedTooLate,
    source_too_large: () => ({ body: { ...FILE, size_bytes: 2 * 1024 ** 4 } }),
    quota_exceeded: async (world) => ({
      body: { ...FILE, size_bytes: 40 },
      headers: await fullProject(world),
    }),
    storage_unavailable: ({ ctx }) => ({
      body: { ...FILE, size_bytes: 40 },
      ctx: withoutStorage(ctx, 'createMultipart'),
    }),
  },
  listUploads: {
    200: async (world) => {
      for (let n = 0; n < 2; n++) await arrived(world);
      return { query: { limit: '1', status: 'pending' } };
    },
  },
  getUpload: {
    200: async (world) => {
      const begun = await begunInParts(world);
      await send(world.ctx, {
        ...{
          method: 'POST',
          path: `/uploads/${begun.params.upload_id}/parts`,
          body: JSON.stringify(onePart),
        },
        headers: { ...asOperatorOf('default'), 'content-type': 'application/json' },
      });
      return begun;
    },
    upload_not_found: unknown,
  },
  getUploadParts: { 200: begunInParts, upload_not_found: begunSingle, upload_expired: ended },
  confirmUploadParts: {
    204: async (world) => ({ ...(await begunInParts(world)), body: onePart }),
    upload_not_found: () => ({ ...unknown(), body: onePart }),
    upload_expired: async (world) => ({ ...(await ended(world)), body: onePart }),
  },
  completeUpload: {
    200: (world) => arrived(world),
    upload_not_found: unknown,
    upload_incomplete: async (world) => ({ ...(await begunInParts(world)), body: onePart }),
    upload_expired: ended,
    upload_mismatch: async (world) => arrived(world, BYTES, BYTES.length + 1),
    upload_not_media: (world) => arrived(world, 'no film at all'),
    storage_unavailable: async (world) => ({
      ...(await arrived(world)),
      ctx: withoutStorage(world.ctx, 'peek'),
    }),
  },
  updateUpload: {
    200: async ({ ctx }) => ({ ...paramsOf((await storeUpload(ctx)).uploadId), body: { legal_hold: true } }),
    upload_not_found: () => ({ ...unknown(), body: { legal_hold: true } }),
  },
  deleteUpload: {
    202: async ({ ctx }) => paramsOf((await storeUpload(ctx)).uploadId),
    204: begunInParts,
    upload_not_found: unknown,
    upload_expired: completedMeanwhile,
    upload_in_use: async ({ ctx }) => {
      const { uploadId, sourceKey } = await storeUpload(ctx);
      await seedJob(ctx, { sourceKey });
      return paramsOf(uploadId);
    },
    legal_hold: async ({ ctx }) => paramsOf((await storeUpload(ctx, { legalHold: true })).uploadId),
    storage_unavailable: async (world) => ({
      ...(await begunInParts(world)),
      ctx: withoutStorage(world.ctx, 'abortMultipart'),
    }),
  },
};

/** It is complete just after it was looked at. */
async function completedMeanwhile(world: World) {
  const begun = await begunSingle(world);
  const { db } = world.ctx;
  const complete = () =>
    db.update(uploads).set({ status: 'completed' }).where(eq(uploads.id, begun.params.upload_id));
  const racing = new Proxy(db, {
    get: (target, name) =>
      name === 'execute'
        ? async (statement: SQL) => {
            const found = await target.execute(statement);
            await complete();
            return found;
          }
        : Reflect.get(target, name),
  });
  return { ...begun, ctx: { ...world.ctx, db: racing } };
}

/** The upload that a lost answer told of has ended before its request is repeated. */
async function repeatedTooLate({ ctx }: World) {
  const ask = {
    body: { ...FILE, size_bytes: 40 },
    headers: { 'idempotency-key': randomUUID() },
  };
  const first = await send(ctx, {
    ...{ method: 'POST', path: '/uploads', body: JSON.stringify(ask.body) },
    headers: { ...asOperatorOf('default'), 'content-type': 'application/json', ...ask.headers },
  });
  await ctx.db
    .update(uploads)
    .set({ status: 'expired' })
    .where(eq(uploads.id, JSON.parse(first.text).upload_id));
  await ctx.db.execute(
    sql`update idempotency_keys set status = null, claimed_until = now() where key = ${ask.headers['idempotency-key']}`,
  );
  return ask;
}
