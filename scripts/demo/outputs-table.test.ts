import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { Job } from './api.ts';
import { outputsTable } from './outputs-table.ts';

const job: Job = {
  id: '7233645c-46a2-4ce6-8fba-0851070232ca',
  status: 'completed',
  progress: 1,
  eta_seconds: 0,
  tasks: { total: 4, done: 4, running: 0 },
  renditions: [rendition('1080p', 1920, 1080, 4210, 6_315_000), rendition('480p', 854, 480, 333, 702_000)],
  audio: [{ track: 'audio-0', output_key: null }],
  source: { duration_seconds: 12 },
  hls_url: 'http://edge/master.m3u8',
  dash_url: 'http://edge/manifest.mpd',
  poster_url: null,
  error: null,
};

test('outputs are lined up, with a link for each', () => {
  const lines = outputsTable(job, [
    { name: '1080p', extension: 'mp4', url: 'http://edge/1080p.mp4' },
    { name: '480p', extension: 'mp4', url: 'http://edge/480p.mp4' },
  ]);
  expect(lines.map(stripVTControlCharacters)).toEqual([
    '        picture       bitrate       size     length    codec',
    '1080p   1920 × 1080   4210 kbit/s   6.3 MB   12.00 s   avc1',
    '480p    854 × 480     333 kbit/s    702 kB   12.00 s   avc1',
    '',
    'MP4 1080p   http://edge/1080p.mp4',
    'MP4 480p    http://edge/480p.mp4',
    'HLS         http://edge/master.m3u8',
    'DASH        http://edge/manifest.mpd',
  ]);
});

function rendition(resolution: string, width: number, height: number, kbps: number, sizeBytes: number) {
  return {
    resolution,
    width,
    height,
    bitrate_kbps: kbps,
    codec: 'avc1',
    duration_seconds: 12,
    size_bytes: sizeBytes,
    output_key: `objects/${resolution}.mp4`,
  };
}
