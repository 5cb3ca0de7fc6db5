import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { fakeAttempt } from '../../worker-node/src/testing/fake-attempt.ts';
import { encodeVideo } from '../../worker-node/src/worker/tasks/encode-video.ts';
import type { Workbench } from '../workbench/workbench.ts';

export interface Encoded {
  file: string;
  /** Of the segments: what a viewer downloads. */
  bytes: number;
}

/** Runs encode tasks of one rendition as a worker does, and joins what they publish. */
export async function encodeSpecs(
  { storage, env }: Workbench,
  specs: readonly EncodeVideoSpec[],
  name: string,
): Promise<Encoded> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for (const [i, spec] of specs.entries()) {
    const inputs = new Map([['source', spec.source.key]]);
    const attempt = await fakeAttempt(storage, env.scratch, spec, { taskId: `${name}-${i}`, inputs });
    await encodeVideo(attempt.ctx, env.tools);
    const take = (object: string) => {
      const key = attempt.key(object);
      const piece = storage.objects.get(key);
      if (!piece) throw new Error(`${key} was not stored`);
      storage.objects.delete(key);
      pieces.push(piece);
      return piece.length;
    };
    if (i === 0) for (const init of attempt.inits) take(init.name);
    for (const segment of attempt.segments) bytes += take(segment.name);
  }
  const file = path.join(env.scratch, `${name}.mp4`);
  await writeFile(file, Buffer.concat(pieces));
  return { file, bytes };
}
