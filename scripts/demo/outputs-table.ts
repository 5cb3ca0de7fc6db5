import { styleText } from 'node:util';
import type { Job } from './api.ts';
import { bytes } from './bytes.ts';

export interface DownloadLink {
  /** What it is: a resolution, or an audio track. */
  name: string;
  extension: 'mp4' | 'm4a';
  url: string;
}

/** What a job made, as lines for a terminal. */
export function outputsTable(job: Job, downloads: readonly DownloadLink[]): string[] {
  const heads = ['', 'picture', 'bitrate', 'size', 'length', 'codec'];
  const rows = job.renditions.map((made) => [
    made.resolution,
    `${made.width} × ${made.height}`,
    `${made.bitrate_kbps} kbit/s`,
    bytes(made.size_bytes),
    `${made.duration_seconds.toFixed(2)} s`,
    made.codec,
  ]);
  const [head = '', ...body] = aligned([heads, ...rows]);
  const links = [
    ...downloads.map(({ name, extension, url }) => [`${extension.toUpperCase()} ${name}`, url]),
    ...(job.hls_url === null ? [] : [['HLS', job.hls_url]]),
    ...(job.dash_url === null ? [] : [['DASH', job.dash_url]]),
    ...(job.poster_url === null ? [] : [['Poster', job.poster_url]]),
  ];
  return [...(body.length > 0 ? [styleText('dim', head), ...body, ''] : []), ...aligned(links)];
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(width(column)))
      .join('   ')
      .trimEnd(),
  );
}
