import type { NewTask } from '../job/decide.ts';
import type { SourceRef } from '../media/media-info.ts';
import type { TaskSpec } from './task-spec.ts';

/** A task that needs nothing before it, but for its id. */
export type FirstTask = Omit<NewTask, 'id'> & { spec: TaskSpec };

/** What a worker announces that may reach the internet. */
export const FETCH_CAPABILITY = 'fetch-url';

/** The most that one PUT may store, which is how a fetched source gets into storage. */
export const MAX_FETCH_BYTES = 5 * 1024 ** 3;

/** Parts that a fetch is counted in. */
export const FETCH_WORK = 100;

/**
 * What a job begins with whose source is at a URL: the analysis follows when the source is in storage.
 *
 * @param maxSourceBytes The largest source that is accepted; `MAX_FETCH_BYTES` holds as well.
 */
export function fetchTask(url: string, maxSourceBytes: number): FirstTask {
  const maxBytes = Math.min(maxSourceBytes, MAX_FETCH_BYTES);
  return first({ kind: 'fetch', url, maxBytes }, [FETCH_CAPABILITY], FETCH_WORK);
}

/** What a job begins with whose source is in storage. */
export function analyzeTask(source: SourceRef): FirstTask {
  return first({ kind: 'analyze', source }, [], 1);
}

function first(spec: TaskSpec, needs: string[], workTotal: number): FirstTask {
  return { kind: spec.kind, spec, rank: 0, needs, unlocks: [], depsLeft: 0, workTotal };
}
