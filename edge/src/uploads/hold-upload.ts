import { sql } from 'drizzle-orm';
import { type Caller, requireMayLift } from '../auth/caller.ts';
import type { Context } from '../context.ts';
import { lockProject } from '../projects/lock-project.ts';
import { noSuchUpload } from './find-upload.ts';

export interface HoldUpload {
  caller: Caller;
  uploadId: string;
  legalHold: boolean;
}

/**
 * Sets or lifts a legal hold: while it stands nothing erases the upload. Refuses with `upload_not_found`, and with
 * `forbidden` to lift one without the scope `admin`.
 */
export async function holdUpload(ctx: Context, { caller, uploadId, legalHold }: HoldUpload): Promise<void> {
  const { projectId, actor } = caller;
  requireMayLift(caller, legalHold);
  const [, { rows }] = await ctx.db.batch([
    ctx.db.execute(lockProject(projectId)),
    ctx.db.execute(sql`
      update uploads set legal_hold = ${legalHold}, changed_by = ${actor}
      where id = ${uploadId}::uuid and project_id = ${projectId}
      returning id`),
  ]);
  if (rows.length === 0) throw noSuchUpload(uploadId);
}
