import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApi, type Job } from '../../../scripts/demo/api.ts';

const DEADLINE_MS = 180_000;

/** Uploads a clip as a browser would, has it transcoded, and answers with the job once it has ended. */
export async function runJob(apiUrl: string, clip: string): Promise<Job> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const api = createApi(apiUrl, signal);
  const bytes = await readFile(clip);
  const { input_key, upload_url, method, headers } = await api.beginUpload({
    name: 'clip.mp4',
    contentType: 'video/mp4',
    sizeBytes: bytes.byteLength,
  });
  const put = await fetch(upload_url, { method, headers, body: bytes, signal });
  if (!put.ok) throw new Error(`the upload was answered with ${put.status}: ${await put.text()}`);
  const { id } = await api.createJob(input_key);
  for (;;) {
    const job = await api.readJob(id);
    if (['completed', 'failed', 'canceled'].includes(job.status)) return job;
    await sleep(200, undefined, { signal });
  }
}
