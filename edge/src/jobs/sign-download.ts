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

/** A manifest, or a file that a task stored for a job. */
async function isOutput(ctx: Context, { projectId, outputKey }: { projectId: string; outputKey: string }) {
  const taskId = taskOf(outputKey);
  const playlist = JSON.stringify([{ playlistKey: outputKey }]);
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
    union all
    select 1 from files f join jobs j on j.id = f.job_id
    where f.task_id = ${taskId}::uuid and f.object_key = ${outputKey} and j.project_id = ${projectId}
    union all
    select 1 from tasks t join jobs j on j.id = t.job_id
    where t.id = ${taskId}::uuid and j.project_id = ${projectId}
      and (j.dash_key = ${outputKey} or j.published -> 'audio' @> ${playlist}::jsonb
           or j.published -> 'subtitles' @> ${playlist}::jsonb)
    limit 1`);
  return rows.length > 0;
}

/** The task that wrote it. */
function taskOf(key: string): string | null {
  return /^objects\/[^/]+\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\//.exec(key)?.[1] ?? null;
}
