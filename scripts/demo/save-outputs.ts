import { join } from 'node:path';
import type { Job } from './api.ts';
import type { DownloadLink } from './outputs-table.ts';
import { saveHls } from './save-hls.ts';
import { saveUrl } from './save-url.ts';

/** Saves the MP4 files, the poster and the HLS tree of a job; returns the names of what is worth opening. */
export async function saveOutputs(options: {
  job: Job;
  downloads: readonly DownloadLink[];
  apiUrl: string;
  outDir: string;
  signal: AbortSignal;
}): Promise<string[]> {
  const { job, downloads, apiUrl, outDir, signal } = options;
  const saved: string[] = [];
  for (const { name: what, extension, url } of downloads) {
    const name = `${what}.${extension}`;
    await saveUrl(url, join(outDir, name), signal);
    saved.push(name);
  }
  if (job.poster_url !== null) {
    await saveUrl(new URL(job.poster_url, apiUrl).href, join(outDir, 'poster.jpg'), signal);
    saved.push('poster.jpg');
  }
  if (job.hls_url !== null) {
    const master = await saveHls(new URL(job.hls_url, apiUrl).href, join(outDir, 'hls'), signal);
    saved.push(join('hls', master));
  }
  return saved;
}
