import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { Refusal } from '../refusal.ts';
import { abortUpload } from '../uploads/abort-upload.ts';
import { isRead } from './reads-upload.ts';
import { removeUploads } from './remove-uploads.ts';

export interface EraseUpload {
  projectId: string;
  uploadId: string;
  actor: string;
}

const row = z.object({ status: z.string(), held: z.boolean(), in_use: z.boolean() });

/** Conditions over the upload `u`. */
const inUse = isRead(sql`u.object_key`, sql`j.status in ('queued', 'processing')`);
const readByHeldJob = isRead(sql`u.object_key`, sql`j.legal_hold`);

/**
 * Gives up an upload that is not complete, or erases one that is: then there is a receipt. Refuses with
 * `upload_not_found`, with `upload_in_use` while a job that has not ended reads it, and with `legal_hold`.
 */
export async function eraseUpload(ctx: Context, upload: EraseUpload): Promise<{ receiptId: string | null }> {
  const { projectId, uploadId, actor } = upload;
  const { status, held, in_use } = await look(ctx, upload);
  if (status !== 'completed') {
    await abortUpload(ctx, { projectId, uploadId, actor });
    return { receiptId: null };
  }
  if (held) throw new Refusal('legal_hold', `A legal hold keeps upload ${uploadId}.`);
  if (in_use) throw inUseBy(uploadId);
  const [receiptId] = await removeUploads(
    ctx,
    { projectId, reason: 'request', actor, receiptId: null },
    sql`select ${uploadId}::uuid`,
    sql`not ${inUse} and not ${readByHeldJob}`,
  );
  // A job, or a hold, came in between.
  if (receiptId === undefined) throw inUseBy(uploadId);
  return { receiptId };
}

async function look(ctx: Context, { projectId, uploadId }: EraseUpload): Promise<z.infer<typeof row>> {
  const [found] = await rowsOf(
    ctx.db,
    sql`
      select u.status, u.legal_hold or p.legal_hold or ${readByHeldJob} as held, ${inUse} as in_use
      from uploads u join projects p on p.id = u.project_id
      where u.id = ${uploadId}::uuid and u.project_id = ${projectId}`,
    row,
  );
  if (!found) throw new Refusal('upload_not_found', `There is no upload ${uploadId}.`);
  return found;
}

function inUseBy(uploadId: string): Refusal {
  return new Refusal('upload_in_use', `A job that has not ended reads upload ${uploadId}. Cancel it first.`);
}
