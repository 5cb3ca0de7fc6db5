import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { planJob } from '@millrace/shared/media/plan.ts';
import type { Profile } from '@millrace/shared/media/profile.ts';
import type { EncodeVideoSpec, ResultOf } from '@millrace/shared/task/task-spec.ts';
import { encodeVideo } from '../worker/tasks/encode-video.ts';
import { type FakeAttempt, fakeAttempt } from './fake-attempt.ts';
import type { FakeStorage } from './fake-storage.ts';
import { analyzeFile } from './run-job.ts';
import type { TestTools } from './test-tools.ts';

export interface EncodedChunk {
  spec: EncodeVideoSpec;
  attempt: FakeAttempt<EncodeVideoSpec>;
  result: ResultOf<'encode-video'>;
}

/** The video tasks that a file is planned into. */
export async function planChunks(
  storage: FakeStorage,
  env: TestTools,
  file: string,
  profile: Profile,
  slots: number,
): Promise<EncodeVideoSpec[]> {
  const mediaInfo = await analyzeFile(storage, env, file);
  const outcome = planJob({ mediaInfo, profile, fleet: { slots }, sidecars: [] });
  if (!outcome.planned) throw new Error(outcome.message);
  return outcome.tasks.flatMap(({ spec }) => (spec.kind === 'encode-video' ? [spec] : []));
}

let taskNumber = 0;

/** Each by a worker of its own that knows nothing of the others. */
export async function encodeChunks(
  storage: FakeStorage,
  env: TestTools,
  specs: readonly EncodeVideoSpec[],
): Promise<EncodedChunk[]> {
  const chunks: EncodedChunk[] = [];
  for (const spec of specs) {
    taskNumber += 1;
    const inputs = new Map([['source', spec.source.key]]);
    const attempt = await fakeAttempt(storage, env.scratch, spec, { taskId: `chunk-${taskNumber}`, inputs });
    chunks.push({ spec, attempt, result: await encodeVideo(attempt.ctx, env.tools) });
  }
  return chunks;
}

/** One track of the chunks as a file: the first chunk's init and all segments. */
export async function joinTrack(
  storage: FakeStorage,
  env: TestTools,
  chunks: readonly EncodedChunk[],
  track: string,
): Promise<string> {
  const names = chunks.map(({ attempt }, i) => ({
    attempt,
    objects: [...(i === 0 ? attempt.inits : []), ...attempt.segments].filter(
      (object) => object.track === track,
    ),
  }));
  const pieces = names.flatMap(({ attempt, objects }) =>
    objects.map(({ name }) => storage.objects.get(attempt.key(name)) ?? Buffer.alloc(0)),
  );
  const file = join(env.scratch, `${chunks[0]?.attempt.ctx.taskId}-${track}.mp4`);
  await writeFile(file, Buffer.concat(pieces));
  return file;
}
