import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    clipsFolder: string;
  }
}

/** One folder a run for the clips that tests make; each is made once. */
export default async function clipsFolder(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-clips-'));
  project.provide('clipsFolder', folder);
  return () => rm(folder, { recursive: true, force: true });
}
