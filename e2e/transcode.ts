import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Api, Job } from '../scripts/demo/api.ts';
import { uploadFile } from '../scripts/demo/upload-file.ts';
import { watchJob } from '../scripts/demo/watch-job.ts';

/** Uploads a file and creates a job for it. */
export async function submit(api: Api, file: string): Promise<Job> {
  const { size: sizeBytes } = await stat(file);
  const upload = await api.beginUpload({ name: path.basename(file), contentType: 'video/mp4', sizeBytes });
  await uploadFile(file, sizeBytes, upload, () => {}, AbortSignal.timeout(60_000));
  return api.createJob(upload.input_key);
}

/** Follows a job to its end; at most `limitMs`. */
export async function finish(api: Api, id: string, limitMs = 240_000): Promise<Job> {
  return watchJob(api, id, () => {}, AbortSignal.timeout(limitMs));
}

export async function transcode(api: Api, file: string): Promise<Job> {
  const { id } = await submit(api, file);
  return finish(api, id);
}

/** The job, or an error that says why it did not complete. */
export function completed(job: Job): Job {
  if (job.status !== 'completed') throw new Error(`${job.status}: ${job.error?.code} ${job.error?.message}`);
  return job;
}
