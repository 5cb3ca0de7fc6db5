import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BASE_SECONDS } from '@millrace/shared/media/timeline.ts';
import type { EncodeAudioSpec } from '@millrace/shared/task/task-spec.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AUDIO_ENCODINGS } from '../../media/audio-encodings.ts';
import { audioStream, encodeTrack, makeSound } from '../../testing/encode-track.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { beepsOf, levelsOf, loudnessOf } from '../../testing/hear.ts';
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

/** A beep of a tenth of a second at every whole second. */
const beeps = (rate: number, layout = 'mono', seconds = 4) => [
  ...['-f', 'lavfi', '-i'],
  `aevalsrc='if(lt(mod(t,1),0.1),0.5*sin(2000*PI*t),0)':s=${rate}:d=${seconds}:c=${layout}`,
];
const PCM = ['-c:a', 'pcm_s16le'];

/** A tone of its own for every channel; the fourth is the one for low frequencies. */
const HZ = [300, 400, 500, 60, 700, 800, 900, 1_000];
const tones = (layout: string, channels: number, amplitude = 0.5) => [
  ...['-f', 'lavfi', '-i'],
  `aevalsrc='${HZ.slice(0, channels)
    .map((hz) => `${amplitude}*sin(${2 * hz}*PI*t)`)
    .join('|')}':s=48000:d=3:c=${layout}`,
];
const THREE_SECONDS = { endMicros: 3_000_000 };

describe('sound is in its place', () => {
  const AAC44: Partial<EncodeAudioSpec> = { sampleRate: 44_100 };
  const OPUS: Partial<EncodeAudioSpec> = { codec: 'opus' };
  const MONO: Partial<EncodeAudioSpec> = { channels: 1, bitrateKbps: 64 };
  test.each<[string, string[], Partial<EncodeAudioSpec>]>([
    ['AAC at 48 kHz', [...beeps(48_000), ...PCM], {}],
    ['AAC at 44.1 kHz', [...beeps(44_100), ...PCM], AAC44],
    ['Opus from 44.1 kHz', [...beeps(44_100), ...PCM], OPUS],
    ['a telephone', [...beeps(8_000), '-c:a', 'pcm_s16le'], MONO],
    ['a studio', [...beeps(96_000, 'stereo'), '-c:a', 'pcm_s24le'], OPUS],
    ['a negative start', [...beeps(48_000), '-c:a', 'aac'], {}],
  ])('%s', async (_, argv, asked) => {
    const source = await makeSound(env.scratch, 'beeps.mov', argv);
    const sampleRate = Number(argv.join(' ').match(/:s=(\d+)/)?.[1]);
    const { file, result } = await encodeTrack(storage, env, source, { sampleRate, channels: 1 }, asked);
    expectBeeps(await beepsOf(file), [0, 1, 2, 3]);
    expectLength(result.samples, 4, asked);
  });

  test.each<[string, Partial<EncodeAudioSpec>]>([
    ['AAC', {}],
    ['Opus', OPUS],
    ['AAC at 44.1 kHz', AAC44],
  ])('a film cut at both ends, in %s', async (_, asked) => {
    const source = await makeSound(env.scratch, 'beeps.mov', [...beeps(44_100), ...PCM]);
    const trim = { originMicros: 950_017, endMicros: 2_100_003 };
    const { file, result } = await encodeTrack(storage, env, source, { channels: 1 }, { ...asked, ...trim });
    expectBeeps(await beepsOf(file), [0.049_983, 1.049_983, 2.049_983]);
    expectLength(result.samples, 2.1, asked);
  });

  test('sound before time zero is cut to the sample, not to the packet', async () => {
    const source = await makeSound(env.scratch, 'beeps.mov', [...beeps(48_000), ...PCM]);
    // In the middle of a beep: it sounds from the first sample on, and not before.
    const trim = { originMicros: 1_050_000, endMicros: 2_500_000 };
    const { file } = await encodeTrack(storage, env, source, { channels: 1 }, trim);
    expectBeeps(await beepsOf(file), [0, 0.95, 1.95]);
  });

  test('a late start in a long film is found without decoding all before it', async () => {
    const source = await makeSound(env.scratch, 'beeps.mov', [...beeps(48_000, 'stereo', 120), ...PCM]);
    const before = env.counted.downloaded;
    const trim = { originMicros: 90_500_000, endMicros: 3_000_000 };
    const { file } = await encodeTrack(storage, env, source, {}, trim);
    expectBeeps(await beepsOf(file), [0.5, 1.5, 2.5]);
    expect(env.counted.downloaded - before).toBeLessThan((await stat(source)).size / 2);
  });

  test('silence fills a late start and a gap', async () => {
    const source = await makeSound(env.scratch, 'gap.mkv', [
      ...beeps(48_000, 'mono', 6),
      ...['-af', "aselect='gte(t,1.5)*not(between(t,3.2,4.4))'", ...PCM],
    ]);
    const { file, result } = await encodeTrack(storage, env, source, { channels: 1, endMicros: 6_000_000 });
    expectBeeps(await beepsOf(file), [2, 3, 5]);
    expectLength(result.samples, 6, {});
  });
});

describe('channels', () => {
  const FIVE_ONE: Partial<EncodeAudioSpec> = { channels: 6, bitrateKbps: 384 };
  test.each<[string, number, Partial<EncodeAudioSpec>]>([
    ['5.1', 6, FIVE_ONE],
    ['5.1(side)', 6, { ...FIVE_ONE, codec: 'opus' }],
    // What is beside the listener joins what is behind.
    ['7.1', 8, FIVE_ONE],
  ])('%s of %s channels keeps them apart', async (layout, channels, asked) => {
    const source = await makeSound(env.scratch, 'tones.mkv', [...tones(layout, channels), ...PCM]);
    const { file } = await encodeTrack(storage, env, source, { channels, ...THREE_SECONDS }, asked);
    const heard = await levelsOf(file, HZ.slice(0, 6));
    expect(heard.map((levels) => levels.map((db) => db > -30))).toEqual(
      heard.map((_, channel) => heard.map((_, tone) => tone === channel)),
    );
    expect(Math.min(...heard.map((levels) => Math.max(...levels)))).toBeGreaterThan(-16);
    expect(heard.length).toBe(6);
  });

  test.each([
    ['5.1(side)', 6],
    ['7.1', 8],
    ['quad', 4],
    ['mono', 1],
  ])('%s at full scale becomes stereo: everything is heard, nothing clips', async (layout, channels) => {
    const source = await makeSound(env.scratch, 'tones.mkv', [...tones(layout, channels, 1), ...PCM]);
    const { file } = await encodeTrack(storage, env, source, { channels, ...THREE_SECONDS });
    // Coding adds up to two; the sum of the channels as they are would be at seven.
    expect((await loudnessOf(file)).peakDb).toBeLessThan(2.5);
    const audible = HZ.slice(0, channels).filter((hz) => hz !== 60 || layout === 'quad');
    const [left = [], right = []] = await levelsOf(file, audible);
    for (const [i] of audible.entries())
      expect(Math.max(left[i] ?? -99, right[i] ?? -99)).toBeGreaterThan(-24);
    const loudest = [left, right].map((levels) => Math.max(...levels));
    expect(Math.abs((loudest[0] ?? 0) - (loudest[1] ?? -99))).toBeLessThan(1);
  });

  test('sixteen channels without names: the first two are the mix', async () => {
    const sine = (hz: number) => ['-f', 'lavfi', '-i', `sine=frequency=${hz}:duration=3:sample_rate=48000`];
    const source = await makeSound(env.scratch, 'sixteen.mov', [
      ...[...sine(300), ...sine(400), '-filter_complex'],
      `[1]asplit=15${Array.from({ length: 15 }, (_, i) => `[r${i}]`).join('')};` +
        `[0]${Array.from({ length: 15 }, (_, i) => `[r${i}]`).join('')}amerge=inputs=16`,
      ...PCM,
    ]);
    const { file } = await encodeTrack(storage, env, source, { channels: 16, ...THREE_SECONDS });
    const [left = [], right = []] = await levelsOf(file, [300, 400]);
    expect([left, right].map((levels) => levels.map((db) => db > -30))).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  test('two mono tracks are the ears of one, each as long as it is and where it is', async () => {
    const source = await makeSound(env.scratch, 'pair.mov', [
      ...['-f', 'lavfi', '-i', 'sine=frequency=300:duration=4:sample_rate=48000'],
      ...['-itsoffset', '1.5', '-f', 'lavfi', '-i', 'sine=frequency=400:duration=1:sample_rate=48000'],
      ...['-map', '0', '-map', '1', '-c:a', 'pcm_s24le'],
    ]);
    const pairedWith = audioStream({ index: 1, channels: 1, endMicros: 2_500_000 });
    const { file, result } = await encodeTrack(storage, env, source, { channels: 1 }, { pairedWith });
    expectLength(result.samples, 4, {});
    const ears = async (from: number) =>
      (await levelsOf(file, [300, 400], from)).map(([low = -99, high = -99]) =>
        high > -40 ? 400 : low > -40 ? 300 : 0,
      );
    expect(await ears(0.2)).toEqual([300, 0]);
    expect(await ears(1.5)).toEqual([300, 400]);
    expect(await ears(2.7)).toEqual([300, 0]);
  });

  test('a broadcast that changes from stereo to 5.1 and back goes on without a seam', async () => {
    const part = (layout: string, seconds: number) =>
      makeSound(env.scratch, 'part.ac3', [...beeps(48_000, layout, seconds), '-c:a', 'ac3', '-b:a', '384k']);
    const whole = join(env.scratch, 'changes.ac3');
    const parts = [await part('stereo', 3), await part('5.1', 4), await part('stereo', 3)];
    await writeFile(whole, Buffer.concat(await Promise.all(parts.map((file) => readFile(file)))));
    const source = await makeSound(env.scratch, 'changes.mkv', ['-i', whole, '-c', 'copy']);
    for (const loudnessTarget of [null, -16]) {
      const stream = { codec: 'ac3', endMicros: 10_000_000 };
      const { file, attempt } = await encodeTrack(storage, env, source, stream, { loudnessTarget });
      // Each part is a few packets longer than what was put in.
      const heard = await beepsOf(file);
      expect(heard.length).toBe(10);
      expect(Math.max(...heard.map((s, i) => Math.abs(s - BASE_SECONDS - i)))).toBeLessThan(0.1);
      expect(attempt.segments.map(({ number }) => number)).toEqual([0, 1, 2]);
      if (loudnessTarget !== null) expect((await loudnessOf(file)).lufs).toBeCloseTo(loudnessTarget, 0);
    }
  });
});

describe('loudness', () => {
  const noise = (seconds: number, volume: string) => [
    ...['-f', 'lavfi', '-i', `anoisesrc=color=pink:sample_rate=48000:duration=${seconds}:seed=7`],
    ...['-af', `volume='${volume}':eval=frame,aformat=channel_layouts=stereo`],
  ];
  test.each<[string, string, Partial<EncodeAudioSpec>]>([
    ['a loud master becomes softer', '1', {}],
    ['a soft one louder', '0.02', {}],
    // Softly spoken, with a bang every two seconds.
    ['a film with peaks louder, its peaks held back', 'if(lt(mod(t,2),0.05),1,0.08)', {}],
    ['the same in Opus', 'if(lt(mod(t,2),0.05),1,0.08)', { codec: 'opus', bitrateKbps: 96 }],
    ['the same at 44.1 kHz', 'if(lt(mod(t,2),0.05),1,0.08)', { sampleRate: 44_100 }],
  ])('%s', async (_, volume, asked) => {
    const source = await makeSound(env.scratch, 'noise.mov', [...noise(8, volume), ...PCM]);
    const stream = { endMicros: 8_000_000 };
    const { file, attempt } = await encodeTrack(storage, env, source, stream, {
      ...asked,
      loudnessTarget: -16,
    });
    const { lufs, peakDb } = await loudnessOf(file);
    expect(Math.abs(lufs - -16)).toBeLessThanOrEqual(0.5);
    expect(peakDb).toBeLessThanOrEqual(-1);
    expect(attempt.progress).toEqual([...attempt.progress].sort((a, b) => a - b));
    expect(attempt.progress.at(-1)).toBe(10);
  });

  test('only what is kept of a film is measured', async () => {
    const source = await makeSound(env.scratch, 'noise.mov', [...noise(8, 'if(lt(t,4),1,0.05)'), ...PCM]);
    const trim = { originMicros: 4_000_000, endMicros: 3_000_000 };
    const { file } = await encodeTrack(storage, env, source, {}, { ...trim, loudnessTarget: -16 });
    expect(Math.abs((await loudnessOf(file)).lufs - -16)).toBeLessThanOrEqual(0.5);
  });

  test.each([
    ['silence stays silence', ['-f', 'lavfi', '-i', 'anullsrc=d=3:r=48000:cl=stereo']],
    ['a click too short for the meter stays as it is', ['-f', 'lavfi', '-i', 'sine=d=0.05:r=48000']],
  ])('%s', async (_, argv) => {
    const source = await makeSound(env.scratch, 'silence.mov', [...argv, ...PCM]);
    const { file, result } = await encodeTrack(storage, env, source, {}, { loudnessTarget: -16 });
    expect(result.samples).toBeGreaterThan(0);
    expect((await loudnessOf(file)).peakDb).toBeLessThan(-15);
  });
});

function expectBeeps(heard: readonly number[], expected: readonly number[]): void {
  const offsets = heard.map((seconds, i) => seconds - BASE_SECONDS - (expected[i] ?? 1e9));
  expect(heard.length).toBe(expected.length);
  expect(Math.max(...offsets.map(Math.abs))).toBeLessThan(0.004);
}

/** No shorter than asked, and at most a packet longer, besides the priming. */
function expectLength(samples: number, seconds: number, asked: Partial<EncodeAudioSpec>): void {
  const { packetSamples, primingSamples } = AUDIO_ENCODINGS[asked.codec ?? 'aac'];
  const beyond = samples - primingSamples - seconds * (asked.sampleRate ?? 48_000);
  expect(beyond).toBeGreaterThan(-2);
  expect(beyond).toBeLessThanOrEqual(packetSamples);
}
