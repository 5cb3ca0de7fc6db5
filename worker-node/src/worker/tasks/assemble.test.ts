import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { VideoRendition } from '@millrace/shared/media/ladder.ts';
import { BASE_SECONDS } from '@millrace/shared/media/timeline.ts';
import type { AssembleSpec } from '@millrace/shared/task/task-spec.ts';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { readBoxes } from '../../media/fmp4/boxes.ts';
import { fakeAttempt } from '../../testing/fake-attempt.ts';
import { type FakeStorage, startFakeStorage } from '../../testing/fake-storage.ts';
import { storeTrack } from '../../testing/store-track.ts';
import { createTestTools, type TestTools } from '../../testing/test-tools.ts';
import { assemble } from './assemble.ts';

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

const SOUND_SECONDS = 5;
const PICTURES = ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25:duration=5', '-pix_fmt', 'yuv420p'];
const TONE = ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${SOUND_SECONDS}`];
const ENCODERS = {
  h264: ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '2', '-g', '50'],
  hevc: [
    '-c:v',
    'libx265',
    '-preset',
    'ultrafast',
    '-x265-params',
    'log-level=none:bframes=3:keyint=50',
    '-tag:v',
    'hvc1',
  ],
  vp9: ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-g', '50'],
  av1: ['-c:v', 'libsvtav1', '-preset', '12', '-g', '50'],
} as const;
const TAGS = { h264: 'avc1', hevc: 'hvc1', vp9: 'vp09', av1: 'av01' };

const aac = (track: string) =>
  storeTrack(storage, track, [...TONE, '-c:a', 'aac'], { segmentSamples: 94, sampleTicks: 1_024 });
const opus = (track: string) =>
  storeTrack(storage, track, [...TONE, '-c:a', 'libopus'], { segmentSamples: 100, sampleTicks: 960 });
const pictures = (codec: keyof typeof ENCODERS, rate = 25) =>
  storeTrack(
    storage,
    '90p',
    [
      ...PICTURES,
      ...(rate === 25 ? [] : ['-r', String(rate)]),
      ...ENCODERS[codec],
      '-video_track_timescale',
      '12800',
    ],
    { segmentSamples: 2 * rate, sampleTicks: 12_800 / rate },
  );

const audio = (track: string, language: string | null = null, title: string | null = null) => {
  return { track, language, title, sampleRate: 48_000 };
};

describe('pictures and sound become one file', () => {
  test.each([
    ['h264', aac],
    ['hevc', aac],
    ['vp9', opus],
    ['av1', opus],
  ] as const)('%s', async (codec, sound) => {
    const inputs = new Map([...(await pictures(codec)), ...(await sound('audio-0'))]);
    const made = await run({ rendition: rendition(codec), audio: [audio('audio-0')] }, inputs);
    expect(made.result).toMatchObject({ frames: 125, durationMicros: 5_000_000 });
    expect(made.streams[0]).toMatchObject({ codec_tag_string: TAGS[codec], nb_frames: '125', width: 160 });
    expect(Number(made.streams[0]?.start_time)).toBe(0);
    expect(Number(made.streams[1]?.start_time)).toBeCloseTo(0, 3);
    for (const [kind, track] of [
      ['v:0', '90p'],
      ['a:0', 'audio-0'],
    ] as const) {
      const before = await packets(await joined(inputs, track), kind);
      const after = await packets(made.file, kind);
      expect(after.map(({ hash }) => hash)).toEqual(before.map(({ hash }) => hash));
      const moved = after.map(({ seconds }, i) =>
        Math.abs(seconds - (before[i]?.seconds ?? 0) + BASE_SECONDS),
      );
      expect(Math.max(...moved)).toBeLessThan(0.0001);
    }
    expect(await decodeErrors(made.file)).toBe('');
  });

  test('it begins to play before it is all there', async () => {
    const inputs = new Map([...(await pictures('h264')), ...(await aac('audio-0'))]);
    const { bytes, file } = await run({ rendition: rendition('h264'), audio: [audio('audio-0')] }, inputs);
    expect([...readBoxes(bytes)].map(({ type }) => type)).toEqual(['ftyp', 'moov', 'mdat']);
    // A second of pictures, then its sound: whoever has a part of the file can play that part of the film.
    const both = (await Promise.all(['v:0', 'a:0'].map((kind) => packets(file, kind)))).flat();
    let latest = 0;
    for (const { seconds } of both.sort((one, other) => one.position - other.position)) {
      expect(latest - seconds).toBeLessThan(1.2);
      latest = Math.max(latest, seconds);
    }
  });

  test('a rendition of every second frame lasts as long as the others', async () => {
    const inputs = await pictures('h264', 12.5);
    const { result } = await run({ rendition: { ...rendition('h264'), frameStep: 2 }, audio: [] }, inputs);
    expect(result).toMatchObject({ frames: 64, durationMicros: 5_120_000 });
  });
});

test('from copies of its own a worker makes the same file as from storage, and asks for nothing', async () => {
  const inputs = await pictures('h264');
  const spec = { rendition: rendition('h264'), audio: [] };
  const { bytes } = await run(spec, inputs);
  const maker = await createTestTools();
  for (const key of inputs.values()) {
    await maker.tools.ownObjects.keep(storage.put(key), storage.objects.get(key) ?? Buffer.alloc(0));
  }
  const earlier = storage.requests.length;
  const own = await run(spec, inputs, maker.tools);
  await maker.close();
  expect(storage.requests.slice(earlier).filter((request) => request.startsWith('GET'))).toEqual([]);
  expect(own.bytes.equals(bytes)).toBe(true);
});

test('several tracks of sound keep their names, and the first one plays', async () => {
  const inputs = new Map([
    ...(await pictures('h264')),
    ...(await aac('audio-0')),
    ...(await opus('audio-1')),
  ]);
  const tracks = [audio('audio-0', 'fr', 'Français'), audio('audio-1', 'en-GB', 'Commentary, “director”')];
  const { streams } = await run(
    { rendition: rendition('h264'), audio: [...tracks, audio('audio-0', 'ger')] },
    inputs,
  );
  expect(
    streams.slice(1).map(({ tags, disposition }) => [tags.language, tags.handler_name, disposition.default]),
  ).toEqual([
    ['fra', 'Français', 1],
    ['eng', 'Commentary, “director”', 0],
    ['deu', 'SoundHandler', 0],
  ]);
});

test.each([
  ['AAC', aac, 5],
  ['Opus', opus, 5],
] as const)('sound alone: an M4A of %s as long as the sound', async (_, sound, seconds) => {
  const inputs = await sound('audio-0');
  const spec = { name: 'audio-0.m4a', rendition: null, audio: [audio('audio-0')] };
  const { result, streams, bytes } = await run(spec, inputs);
  expect(streams.length).toBe(1);
  expect(result.frames).toBe(0);
  expect(Math.abs(result.durationMicros / 1e6 - seconds)).toBeLessThan(0.03);
  expect(bytes.toString('latin1', 4, 12)).toBe('ftypM4A ');
});

test.each<[string, RegExp, (inputs: Map<string, string>) => void]>([
  ['a segment is missing in the middle', /do not join/, (inputs) => void inputs.delete('90p/1.m4s')],
  [
    'a segment is damaged',
    /a stored object/,
    (inputs) => storage.objects.set(inputs.get('90p/1.m4s') ?? '', Buffer.alloc(100)),
  ],
])('%s: no file', async (_, message, damage) => {
  const inputs = await pictures('h264');
  damage(inputs);
  await expect(run({ rendition: rendition('h264'), audio: [] }, inputs)).rejects.toMatchObject({
    code: 'verification_failed',
    message: expect.stringMatching(message),
  });
});

function rendition(codec: VideoRendition['codec']): VideoRendition {
  return {
    ...{ name: '90p', codec, width: 160, height: 90, crf: 30, bitrateKbps: null },
    ...{ maxBitrateKbps: 500, frameStep: 1 },
  };
}

const probedPackets = z.object({
  packets: z.array(z.object({ pts_time: z.string(), pos: z.string(), data_hash: z.string() })),
});
const probedStreams = z.object({
  streams: z.array(
    z.object({
      codec_tag_string: z.string(),
      nb_frames: z.string(),
      start_time: z.string(),
      width: z.number().optional(),
      tags: z.record(z.string(), z.string()),
      disposition: z.object({ default: z.number() }),
    }),
  ),
});

async function run(asked: Partial<AssembleSpec>, inputs: ReadonlyMap<string, string>, tools = env.tools) {
  const spec: AssembleSpec = {
    ...{ kind: 'assemble', name: '90p.mp4', rendition: null, frameRate: { num: 25, den: 1 }, audio: [] },
    ...asked,
  };
  const taskId = `assemble-${storage.objects.size}`;
  const attempt = await fakeAttempt(storage, env.scratch, spec, { taskId, inputs });
  const result = await assemble(attempt.ctx, tools);
  const bytes = storage.objects.get(attempt.key(spec.name)) ?? Buffer.alloc(0);
  expect(result.sizeBytes).toBe(bytes.length);
  const file = join(attempt.ctx.scratchDir, spec.name);
  await writeFile(file, bytes);
  const { stdout } = await execa('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', file]);
  return { result, bytes, file, ...probedStreams.parse(JSON.parse(stdout)) };
}

async function joined(inputs: ReadonlyMap<string, string>, track: string): Promise<string> {
  const keys = [...inputs].filter(([name]) => name.startsWith(`${track}/`)).map(([, key]) => key);
  const file = join(env.scratch, `${track}-joined.mp4`);
  await writeFile(file, Buffer.concat(keys.map((key) => storage.objects.get(key) ?? Buffer.alloc(0))));
  return file;
}

/** When each packet is shown, and the hash of its bytes. */
async function packets(
  file: string,
  stream: string,
): Promise<{ seconds: number; position: number; hash: string }[]> {
  const { stdout } = await execa('ffprobe', [
    ...[
      '-v',
      'error',
      '-select_streams',
      stream,
      '-show_packets',
      '-show_data_hash',
      'md5',
      '-of',
      'json',
      file,
    ],
  ]);
  return probedPackets.parse(JSON.parse(stdout)).packets.map(({ pts_time, pos, data_hash }) => ({
    seconds: Number(pts_time),
    position: Number(pos),
    hash: data_hash,
  }));
}

async function decodeErrors(file: string): Promise<string> {
  return (await execa('ffmpeg', ['-nostdin', '-v', 'error', '-i', file, '-f', 'null', '-'])).stderr;
}
