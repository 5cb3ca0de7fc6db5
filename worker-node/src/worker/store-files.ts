import type { StoredFile } from '@millrace/shared/task/task-spec.ts';
import { type UploadBody, uploadObject } from '../transfer/upload-object.ts';
import { createLimiter } from './limiter.ts';
import type { TaskContext } from './task-context.ts';
import { together } from './together.ts';
import type { Tools } from './tools.ts';
import { PARALLEL_UPLOADS } from './track-publisher.ts';

export interface FileToStore {
  name: string;
  /** Made when its turn comes. */
  body: () => UploadBody;
}

/** Stores small files, a few at a time. The first that fails ends the others, and nothing goes on in the background. */
export async function storeFiles(
  ctx: TaskContext,
  tools: Tools,
  files: readonly FileToStore[],
): Promise<StoredFile[]> {
  const limiter = createLimiter(PARALLEL_UPLOADS);
  return together(ctx.signal, (signal) =>
    files.map(({ name, body }) =>
      limiter(async () => {
        signal.throwIfAborted();
        const stored = await uploadObject(tools, (fresh) => ctx.output(name, fresh), {
          what: name,
          body: body(),
          signal,
        });
        return { name, sizeBytes: stored.sizeBytes };
      }),
    ),
  );
}
