import { stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { styleText } from 'node:util';
import { type Api, createApi } from './api.ts';
import { bytes } from './bytes.ts';
import { jobLine, percent, progressBar } from './job-line.ts';
import { outputsTable } from './outputs-table.ts';
import { progressLine } from './progress-line.ts';
import { saveOutputs } from './save-outputs.ts';
import { uploadFile } from './upload-file.ts';
import { watchJob } from './watch-job.ts';

/** Sends a video through the API and shows what happens. The exit code: 0 when the job was completed. */
export async function transcode(
  apiUrl: string,
  file: string,
  outDir: string | undefined,
  signal: AbortSignal,
): Promise<number> {
  const api = createApi(apiUrl, signal);
  const inputKey = await upload(api, file, signal);
  const { id } = await api.createJob(inputKey);

  const startedAtMs = performance.now();
  const line = progressLine(process.stdout);
  const job = await watchJob(api, id, (current) => line.show(jobLine(current)), signal);
  if (job.status !== 'completed') {
    const reason = job.error ? `${job.error.code}: ${job.error.message}` : `the job was ${job.status}`;
    line.finish(`${jobLine(job)}  ${reason}`);
    return 1;
  }
  line.finish(`${jobLine(job)}  ${styleText('dim', `in ${secondsSince(startedAtMs)} s`)}`);

  const files = [
    ...job.renditions.map(({ resolution, output_key: key }) => ({
      name: resolution,
      extension: 'mp4' as const,
      key,
    })),
    ...job.audio.map(({ track, output_key: key }) => ({ name: track, extension: 'm4a' as const, key })),
  ];
  const downloads = await Promise.all(
    files.flatMap(({ name, extension, key }) =>
      key === null ? [] : [api.signDownload(key).then((url) => ({ name, extension, url }))],
    ),
  );
  console.log(`\n${outputsTable(job, downloads).join('\n')}`);
  if (outDir !== undefined) {
    const saving = progressLine(process.stdout);
    console.log('');
    saving.show(`Saving to ${outDir} …`);
    const saved = await saveOutputs({ job, downloads, apiUrl, outDir, signal });
    saving.finish(`Saved to ${outDir}: ${saved.join(', ')}`);
  }
  return 0;
}

async function upload(api: Api, file: string, signal: AbortSignal): Promise<string> {
  const { size: sizeBytes } = await stat(file);
  const name = basename(file);
  const request = await api.beginUpload({ name, contentType: contentTypeOf(file), sizeBytes });
  const startedAtMs = performance.now();
  const line = progressLine(process.stdout);
  const show = (share: number) => line.show(`Uploading ${progressBar(share)}  ${percent(share)}`);
  await uploadFile(file, sizeBytes, request, (sentBytes) => show(sentBytes / sizeBytes), signal);
  line.finish(`Uploaded  ${name}, ${bytes(sizeBytes)} in ${secondsSince(startedAtMs)} s`);
  return request.input_key;
}

/** Only a label on the object: what the file really is, the analysis finds out. */
function contentTypeOf(file: string): string {
  switch (extname(file).toLowerCase()) {
    case '.mp4':
    case '.m4v':
      return 'video/mp4';
    case '.mov':
      return 'video/quicktime';
    case '.mkv':
      return 'video/x-matroska';
    case '.webm':
      return 'video/webm';
    case '.ts':
      return 'video/mp2t';
    default:
      return 'application/octet-stream';
  }
}

function secondsSince(startedAtMs: number): string {
  return ((performance.now() - startedAtMs) / 1000).toFixed(1);
}
