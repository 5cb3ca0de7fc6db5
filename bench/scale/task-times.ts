import { taskSpec } from '@millrace/shared/task/task-spec.ts';
import pg from 'pg';
import { z } from 'zod';

/** A task as it was done. Times in seconds since the epoch. */
const timedTask = z.object({
  spec: taskSpec,
  worker: z.string().nullable(),
  claimed: z.number(),
  finished: z.number(),
});
export type TimedTask = z.infer<typeof timedTask>;

/** The tasks of a job that workers did, in the order they were claimed. Throws when one took several attempts. */
export async function taskTimes(databaseUrl: string, jobId: string): Promise<TimedTask[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query(
      `select spec, worker_id as worker, attempt, extract(epoch from claimed_at)::float8 as claimed,
              extract(epoch from finished_at)::float8 as finished
       from tasks where job_id = $1 and kind <> 'publish' order by claimed_at`,
      [jobId],
    );
    const again = z
      .array(z.object({ attempt: z.number() }))
      .parse(rows)
      .filter(({ attempt }) => attempt !== 1);
    if (again.length > 0)
      throw new Error(`${again.length} tasks took several attempts: nothing was measured`);
    return z.array(timedTask).parse(rows);
  } finally {
    await client.end();
  }
}

/** From the first encode's claim to the last one's end. */
export function encodePhaseSeconds(tasks: readonly TimedTask[]): number {
  const encodes = tasks.filter(({ spec }) => spec.kind === 'encode-video');
  if (encodes.length === 0) throw new Error('nothing was encoded');
  return (
    Math.max(...encodes.map(({ finished }) => finished)) - Math.min(...encodes.map(({ claimed }) => claimed))
  );
}

/** How long a worker waited between one task and the next, each time. */
export function pauses(tasks: readonly TimedTask[]): number[] {
  return [...Map.groupBy(tasks, ({ worker }) => worker).values()].flatMap((own) =>
    own.slice(1).map((task, i) => Math.max(0, task.claimed - (own[i]?.finished ?? task.claimed))),
  );
}
