import { averageQuality, type MeasuredQuality } from '@millrace/shared/media/quality.ts';
import { taskResult } from '@millrace/shared/task/task-spec.ts';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';

const row = z.object({ result: taskResult });

/** What the samples of each rendition of a job come to; nothing for those that were not measured. */
export async function loadQuality(ctx: Context, jobId: string): Promise<Map<string, MeasuredQuality>> {
  const rows = await rowsOf(
    ctx.db,
    sql`
      select result from tasks
      where job_id = ${jobId}::uuid and state = 'done' and kind = 'measure-quality' and result is not null`,
    row,
  );
  const samples = rows.flatMap(({ result }) => (result.kind === 'measure-quality' ? result.renditions : []));
  const averages = new Map<string, MeasuredQuality>();
  for (const [name, ofOne] of Map.groupBy(samples, (sample) => sample.name)) {
    const average = averageQuality(ofOne);
    if (average) averages.set(name, average);
  }
  return averages;
}
