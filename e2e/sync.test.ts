import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode, makeClip } from './media.ts';
import { startTestStack, type TestStack } from './test-stack.ts';
import { completed, transcode } from './transcode.ts';

/* A white flash and a beep every two seconds, together in the source, must be together in what is published. */

const RATE = 25;
const SAMPLE_RATE = 48_000;
const SECONDS = 21;
const LIMIT_MS = 20;

let t: TestStack;
let mp4: string;
let hls: string;

beforeAll(async () => {
  t = await startTestStack({ workers: 2 });
  const clip = await makeClip(path.join(t.folder, 'flash.mp4'), [
    // The flash and the beep begin at 1 s, 3 s, 5 s, … and last for 100 ms.
    ...[
      '-f',
      'lavfi',
      '-i',
      `color=black:s=854x480:r=${RATE}:d=${SECONDS},geq=lum='if(lt(mod(T+1\\,2)\\,0.1)\\,255\\,16)':cb=128:cr=128`,
    ],
    ...[
      '-f',
      'lavfi',
      '-i',
      `aevalsrc='if(lt(mod(t+1\\,2)\\,0.1)\\,0.8*sin(2*PI*1000*t)\\,0)':s=${SAMPLE_RATE}:d=${SECONDS}`,
    ],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '192k'],
  ]);
  const job = completed(await transcode(t, clip));
  mp4 = await t.api.signDownload(job.renditions[0]?.output_key ?? '');
  hls = new URL(job.hls_url ?? '', t.stack.apiUrl).href;
});
afterAll(() => t?.stop());

test.each(['MP4', 'HLS'])(
  'in %s sound and picture are less than 20 ms apart, from the first beep to the last',
  async (kind) => {
    const input = kind === 'MP4' ? mp4 : hls;
    const flashes = await flashTimes(input);
    const beeps = await beepTimes(input);
    expect(flashes).toHaveLength(10);
    expect(beeps).toHaveLength(10);
    const offsetsMs = flashes.map((flash, i) => Math.abs(flash - (beeps[i] ?? 0)) * 1000);
    expect(offsetsMs[0]).toBeLessThan(LIMIT_MS);
    expect(Math.max(...offsetsMs)).toBeLessThan(LIMIT_MS);
  },
);

/** When the picture turns bright, in seconds; a frame's time comes from its number on the constant grid. */
async function flashTimes(input: string): Promise<number[]> {
  const pixels = await decode([
    '-i',
    input,
    '-map',
    '0:v:0',
    '-vf',
    `fps=${RATE},scale=1:1`,
    '-pix_fmt',
    'gray',
    '-f',
    'rawvideo',
  ]);
  return onsets([...pixels].map((luma) => luma > 128)).map((frame) => frame / RATE);
}

/** When sound begins, in seconds from the start of the picture's clock. */
async function beepTimes(input: string): Promise<number[]> {
  const raw = await decode([
    ...['-i', input, '-map', '0:a:0', '-af', 'aresample=async=1:first_pts=0', '-ac', '1'],
    ...['-ar', String(SAMPLE_RATE), '-f', 's16le'],
  ]);
  const samples = new Int16Array(raw.buffer, raw.byteOffset, Math.floor(raw.byteLength / 2));
  const loud = Array.from(samples, (sample) => Math.abs(sample) > 8_000);
  // A beep crosses zero 2,000 times a second: what follows within 50 ms belongs to it.
  return onsets(loud, SAMPLE_RATE / 20).map((sample) => sample / SAMPLE_RATE);
}

/** Indices at which a run of true begins; gaps up to `bridge` do not end a run. */
function onsets(values: boolean[], bridge = 0): number[] {
  const found: number[] = [];
  let last = Number.NEGATIVE_INFINITY;
  values.forEach((value, index) => {
    if (!value) return;
    if (index - last > bridge + 1) found.push(index);
    last = index;
  });
  return found;
}
