import type { MediaInfo } from '@millrace/shared/media/media-info.ts';
import { type FakeStorage, startFakeStorage } from '../../worker-node/src/testing/fake-storage.ts';
import { analyzeFile } from '../../worker-node/src/testing/run-job.ts';
import { createTestTools, type TestTools } from '../../worker-node/src/testing/test-tools.ts';

/** A worker's tools in this process, with a storage of their own. */
export interface Workbench {
  storage: FakeStorage;
  env: TestTools;
}

export async function withWorkbench<T>(work: (bench: Workbench) => Promise<T>): Promise<T> {
  const storage = await startFakeStorage();
  try {
    const env = await createTestTools();
    try {
      return await work({ storage, env });
    } finally {
      await env.close();
    }
  } finally {
    await storage.close();
  }
}

/** What a worker finds in a file. */
export function mediaInfoOf(file: string): Promise<MediaInfo> {
  return withWorkbench(({ storage, env }) => analyzeFile(storage, env, file));
}
