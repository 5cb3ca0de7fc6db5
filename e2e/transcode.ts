import { stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { Api, Job } from '../scripts/demo/api.ts';
import { uploadFile } from '../scripts/demo/upload-file.ts';
import { watchJob } from '../scripts/demo/watch-job.ts';
import type { TestStack } from './test-stack.ts';

/** Uploads a file and creates a job for it. */
export async function submit(
  t: TestStack,
  file: string,
  profile: unknown = 'default',
): Promise<{ id: string }> {
  const { size: sizeBytes } = await stat(file);
  const upload = await t.api.beginUpload({ name: path.basename(file), contentType: 'video/mp4', sizeBytes });
  await uploadFile(file, sizeBytes, upload, () => {}, AbortSignal.timeout(60_000));
  const response = await fetch(`${t.stack.apiUrl}/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input_key: upload.input_key, profile }),
  });
  const answer = await response.json();
  if (response.status !== 201) throw new Error(`the job was refused: ${JSON.stringify(answer)}`);
  return z.object({ id: z.string() }).parse(answer);
}

/** Follows a job to its end; at most `limitMs`. */
export async function finish(api: Api, id: string, limitMs = 240_000): Promise<Job> {
  return watchJob(api, id, () => {}, AbortSignal.timeout(limitMs));
}

export async function transcode(t: TestStack, file: string): Promise<Job> {
  const { id } = await submit(t, file);
  return finish(t.api, id);
}

/** The job, or an error that says why it did not complete. */
export function completed(job: Job): Job {
  if (job.status !== 'completed') throw new Error(`${job.status}: ${job.error?.code} ${job.error?.message}`);
  return job;
}
