import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cutSpans } from '@millrace/shared/media/audio-span.ts';
import { initName } from '@millrace/shared/task/outputs.ts';
import type { EncodeAudioSpec } from '@millrace/shared/task/task-spec.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EncodedTrack, encodeTrack, makeSound } from '../../testing/encode-track.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';

let storage: FakeStorage;
let env: TestTools;
beforeAll(async () => {
  storage = await startFakeStorage();
  env = await createTestTools();
});
afterAll(async () => {
  await env.close();
  await storage.close();
});

const SECONDS = 61.3;
const RATE = 48_000;
const GRID = { frameRate: { num: 25, den: 1 }, gopFrames: 50, durationMicros: SECONDS * 1_000_000 };

/** Noise that swells, and a click now and then: encoders change their windows at those. */
function music(name: string, codec: readonly string[]): Promise<string> {
  const expression = `0.2*sin(440*2*PI*t)*(1+sin(3*t))/2+0.05*(random(0)-0.5)+if(lt(mod(t\\,0.9)\\,0.002)\\,0.5\\,0)`;
  return makeSound(env.scratch, name, [
    ...['-f', 'lavfi', '-i', `aevalsrc=${expression}|${expression}:s=${RATE}:d=${SECONDS}`],
    ...codec,
  ]);
}

/** What a player hears: samples of the left channel, and what of the source lies there. */
async function samplesOf(file: string): Promise<Float32Array> {
  const argv = ['-v', 'error', '-i', file, '-map', '0:a:0', '-ac', '1', '-f', 'f32le', 'pipe:1'];
  const { stdout } = await execa('ffmpeg', argv, { encoding: 'buffer', maxBuffer: 2 ** 28 });
  return new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
}

async function inSpans(file: string, count: number, asked: Partial<EncodeAudioSpec>) {
  const tracks: EncodedTrack[] = [];
  for (const span of cutSpans(GRID, count)) {
    tracks.push(await encodeTrack(storage, env, file, STREAM, { ...GRID, ...asked, span }));
  }
  const [first] = tracks;
  if (!first) throw new Error('no spans');
  const bytes = tracks.flatMap(({ attempt }, i) => [
    ...(i === 0 ? [attempt.key(initName('audio-0'))] : []),
    ...attempt.segments.map(({ name }) => attempt.key(name)),
  ]);
  const joined = join(env.scratch, `joined-${storage.objects.size}.mp4`);
  await writeFile(joined, Buffer.concat(bytes.map((key) => storage.objects.get(key) ?? Buffer.alloc(0))));
  return { tracks, joined };
}

const STREAM = { endMicros: SECONDS * 1_000_000 };

const AAC = ['-c:a', 'aac', '-b:a', '192k'];

/** As Apple's encoders leave it: of the first packet only the end is heard. */
async function cutInPacket(): Promise<string> {
  const file = join(env.scratch, 'cut-in-packet.m4a');
  const uncut = await music('uncut.m4a', AAC);
  await execa('ffmpeg', ['-nostdin', '-v', 'error', '-ss', '0.01', '-i', uncut, '-c', 'copy', '-y', file]);
  return file;
}

describe.each([
  ['PCM in QuickTime', () => music('sound.mov', ['-c:a', 'pcm_s16le'])],
  ['AAC in MP4', () => music('sound.mp4', AAC)],
  ['AAC whose first packet is heard in part', cutInPacket],
])('%s', (_, make) => {
  test.each([2, 3, 5])('in %i spans it is the track in one go', async (count) => {
    const file = await make();
    const whole = await encodeTrack(storage, env, file, STREAM, GRID);
    const { tracks, joined } = await inSpans(file, count, {});

    const told = ({ attempt }: EncodedTrack) =>
      attempt.segments.map(({ number, length }) => [number, length]);
    expect(tracks.flatMap(told)).toEqual(told(whole));
    expect(new Set(tracks.map(({ attempt }) => attempt.inits[0]?.sha256)).size).toBe(1);
    expect(tracks.reduce((sum, { result }) => sum + result.samples, 0)).toBe(whole.result.samples);

    const [a, b] = [await samplesOf(whole.file), await samplesOf(joined)];
    expect(b.length).toBe(a.length);
    // Encoders at different places spend their bits a little differently; a seam would stand out by far.
    const seams = tracks.slice(1).map(({ attempt }) => seamOf(attempt.segments[0]?.number ?? 0));
    const source = await samplesOf(file);
    for (const seam of seams) {
      expect(worstNear(seam, source, b)).toBeLessThan(2 * worstNear(seam, source, a) + 0.002);
    }
  });
});

/** Largest difference from the source around a sample; the tracks begin with the priming packet. */
function worstNear(at: number, source: Float32Array, made: Float32Array): number {
  const lag = made.length - source.length > 1_000 ? 1_024 : 0;
  let worst = 0;
  for (let i = at - 2_048; i < at + 2_048; i++) {
    worst = Math.max(worst, Math.abs((source[i] ?? 0) - (made[i + lag] ?? 0)));
  }
  return worst;
}

function seamOf(segment: number): number {
  return Math.round(((1 + 2 * (segment - 1)) * GRID.gopFrames * RATE) / 25);
}

test('a trimmed track ends where it is cut, whichever span that is in', async () => {
  const file = await music('cut.mov', ['-c:a', 'pcm_s16le']);
  const asked = { endMicros: 40_500_000, durationMicros: 40_500_000, originMicros: 0 };
  const whole = await encodeTrack(storage, env, file, STREAM, { ...GRID, ...asked });
  const spans = cutSpans({ ...GRID, ...asked }, 2);
  let samples = 0;
  for (const span of spans) {
    const { result } = await encodeTrack(storage, env, file, STREAM, { ...GRID, ...asked, span });
    samples += result.samples;
  }
  expect(samples).toBe(whole.result.samples);
});

test('a span that the source does not reach is a truncated source', async () => {
  const file = await music('short.mov', ['-c:a', 'pcm_s16le']);
  const span = { firstSegment: 10, endSegment: 20 };
  await expect(
    encodeTrack(storage, env, file, STREAM, { ...GRID, durationMicros: 90_000_000, span }),
  ).rejects.toMatchObject({ code: 'source_truncated' });
});
