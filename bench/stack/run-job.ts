import { stat } from 'node:fs/promises';
import { uploadFile } from '../../scripts/demo/upload-file.ts';
import type { BenchApi, BenchJob } from './bench-api.ts';
import { followJob } from './follow-job.ts';

const UPLOAD_LIMIT_MS = 10 * 60_000;

export interface TimedJob {
  job: BenchJob;
  /** From the client's `POST /jobs` to `finished_at`: both on the clock of this machine. */
  wallSeconds: number;
}

/** Uploads a file; its key in storage. */
export async function upload(api: BenchApi, file: string): Promise<string> {
  const { size } = await stat(file);
  const begun = await api.beginUpload(size);
  await uploadFile(file, size, begun, () => {}, AbortSignal.timeout(UPLOAD_LIMIT_MS));
  return begun.input_key;
}

/** Uploads a file and takes it to `completed`. Throws when anything was reused: that would be no measurement. */
export async function runJob(api: BenchApi, file: string, profile: object): Promise<TimedJob> {
  return await runUploaded(api, await upload(api, file), profile);
}

/** The same with a file that is uploaded. */
export async function runUploaded(api: BenchApi, inputKey: string, profile: object): Promise<TimedJob> {
  const postedAt = Date.now();
  const { id } = await api.createJob(inputKey, { ...profile, reuse: false });
  const job = await followJob(api, id, ({ status }) => status === 'completed');
  refuseReuse(job);
  return { job, wallSeconds: (Date.parse(job.finished_at ?? '') - postedAt) / 1000 };
}

/** What was made earlier was not made now. */
export function refuseReuse({ id, tasks }: BenchJob): void {
  if (tasks.reused > 0)
    throw new Error(`${tasks.reused} tasks of job ${id} were reused: nothing was measured`);
}
