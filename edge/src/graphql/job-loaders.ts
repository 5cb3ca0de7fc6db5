import DataLoader from 'dataloader';
import type { Context } from '../context.ts';
import { type JobEventRecord, loadEvents } from '../jobs/load-events.ts';
import { loadTasks, type TaskRecord } from '../jobs/load-tasks.ts';

export interface EventsKey {
  jobId: string;
  after: number;
  limit: number;
}

export interface JobLoaders {
  tasks: DataLoader<string, TaskRecord[]>;
  events: DataLoader<EventsKey, JobEventRecord[]>;
}

/**
 * What is asked of many jobs in one request is read in one statement. Nothing is kept: a mutation or a subscription may
 * ask again and must see what changed.
 */
export function newJobLoaders(ctx: Context, projectId: string): JobLoaders {
  return {
    tasks: new DataLoader(
      async (jobIds) => {
        const found = Map.groupBy(await loadTasks(ctx, { projectId, jobIds }), (task) => task.jobId);
        return jobIds.map((jobId) => found.get(jobId) ?? []);
      },
      { cache: false },
    ),
    events: new DataLoader((keys) => loadAllEvents(ctx, projectId, keys), { cache: false }),
  };
}

/** One statement for each different window: as many as the query spells out, however many jobs there are. */
async function loadAllEvents(ctx: Context, projectId: string, keys: readonly EventsKey[]) {
  const windows = Map.groupBy(keys, windowOf);
  const found = new Map<string, JobEventRecord[]>();
  await Promise.all(
    [...windows].map(async ([window, [first, ...others]]) => {
      if (!first) return;
      const jobIds = [first, ...others].map((key) => key.jobId);
      const { after, limit } = first;
      for (const event of await loadEvents(ctx, { projectId, jobIds, after, limit })) {
        const place = `${window} ${event.jobId}`;
        found.set(place, [...(found.get(place) ?? []), event]);
      }
    }),
  );
  return keys.map((key) => found.get(`${windowOf(key)} ${key.jobId}`) ?? []);
}

function windowOf({ after, limit }: EventsKey): string {
  return `${after} ${limit}`;
}
