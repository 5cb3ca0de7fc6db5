import { join } from 'node:path';
import { FETCH_WORK } from '@millrace/shared/task/first-task.ts';
import { FETCHED_NAME } from '@millrace/shared/task/outputs.ts';
import type { FetchSpec, ResultOf } from '@millrace/shared/task/task-spec.ts';
import { fetchUrl } from '../../transfer/fetch-url/fetch-url.ts';
import { uploadObject } from '../../transfer/upload-object.ts';
import type { TaskContext } from '../task-context.ts';
import type { Tools } from '../tools.ts';

/** What the way from the server to the disk counts of the whole; the rest is the way into storage. */
const ARRIVED = 0.9;

/** Brings the source of a job from its URL into storage. What it is, `analyze` finds out. */
export async function fetchSource(ctx: TaskContext<FetchSpec>, tools: Tools): Promise<ResultOf<'fetch'>> {
  const { spec, signal } = ctx;
  const file = join(ctx.scratchDir, FETCHED_NAME);
  const { sizeBytes, contentType, digest } = await fetchUrl(tools, {
    url: new URL(spec.url),
    file,
    maxBytes: spec.maxBytes,
    signal,
    onProgress: (share) => ctx.progress(share * ARRIVED * FETCH_WORK),
  });
  await uploadObject(tools, (fresh) => ctx.output(FETCHED_NAME, fresh), {
    what: 'the fetched source',
    body: { file, sizeBytes },
    signal,
  });
  return { kind: 'fetch', name: FETCHED_NAME, sizeBytes, contentType, digest };
}
