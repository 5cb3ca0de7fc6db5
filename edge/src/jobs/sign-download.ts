import { KEY_PATTERN } from '@millrace/shared/storage-keys.ts';
import { sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';

const DOWNLOAD_TTL_SECONDS = 3_600;

/** A link to an object that a job of the project names as its output. Refuses with `object_not_found`. */
export async function signDownload(
  ctx: Context,
  input: { projectId: string; outputKey: string },
): Promise<{ url: string; expiresAt: Date }> {
  const { outputKey } = input;
  if (!KEY_PATTERN.test(outputKey) || !(await isOutput(ctx, input))) {
    throw new Refusal('object_not_found', 'No job of yours has an output of this key.');
  }
  const expiresAt = new Date(ctx.now() + DOWNLOAD_TTL_SECONDS * 1000);
  const filename = outputKey.slice(outputKey.lastIndexOf('/') + 1);
  const { url } = await ctx.storage.presignGet(outputKey, DOWNLOAD_TTL_SECONDS, { filename });
  return { url, expiresAt };
}

async function isOutput(ctx: Context, { projectId, outputKey }: { projectId: string; outputKey: string }) {
  const { rows } = await ctx.db.execute(sql`
    select 1 from jobs where project_id = ${projectId} and hls_key = ${outputKey}
    union all
    select 1 from jobs where project_id = ${projectId} and poster_key = ${outputKey}
    union all
    select 1 from renditions r join jobs j on j.id = r.job_id
    where j.project_id = ${projectId} and r.output_key = ${outputKey}
    union all
    select 1 from renditions r join jobs j on j.id = r.job_id
    where j.project_id = ${projectId} and r.playlist_key = ${outputKey}
    limit 1`);
  return rows.length > 0;
}
