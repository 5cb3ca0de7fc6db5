import { writeFile } from 'node:fs/promises';
import type { FakeStorage } from './fake-storage.ts';
import type { FinishedJob } from './run-job.ts';

/** A published track as one file: what a player has after loading everything. */
export async function writeTrack(
  storage: FakeStorage,
  job: FinishedJob,
  track: string,
  file: string,
): Promise<void> {
  const found = job.tracks.get(track);
  if (!found) throw new Error(`no track ${track}`);
  const keys = [found.initKey, ...[...found.segments].sort(([a], [b]) => a - b).map(([, { key }]) => key)];
  await writeFile(file, Buffer.concat(keys.map((key) => storage.objects.get(key) ?? Buffer.alloc(0))));
}
