import { describe, expect, test } from 'vitest';
import { type MediaInfo, mediaInfo } from '../media/media-info.ts';
import { planJob, type Sidecar } from '../media/plan.ts';
import { type Profile, profileObject } from '../media/profile.ts';
import { fingerprintTasks, type Provenance, sourceIdentity } from './fingerprint.ts';
import type { EncodeVideoSpec } from './task-spec.ts';

const PROVENANCE: Provenance = { source: 'sha-256:abc', build: 'ffmpeg 7' };
const SIDECAR: Sidecar = {
  file: { key: 'uploads/p/s/a.srt', etag: '"s"', sizeBytes: 10, format: 'srt' },
  language: 'en',
  title: null,
};

interface Asked {
  profile?: Partial<Profile>;
  media?: Partial<MediaInfo>;
  slots?: number;
  provenance?: Partial<Provenance>;
  sidecar?: Partial<Sidecar['file']>;
}

const PROFILE = profileObject.parse({
  renditions: [{ height: 1080 }, { height: 720 }, { height: 480 }],
  measure_quality: true,
});

function planned({ profile = {}, media = {}, slots = 4, sidecar = {} }: Asked) {
  const sidecars = [{ ...SIDECAR, file: { ...SIDECAR.file, ...sidecar } }];
  const request = { mediaInfo: { ...FILM, ...media }, profile: { ...PROFILE, ...profile }, sidecars };
  const outcome = planJob({ ...request, fleet: { slots } });
  if (!outcome.planned) throw new Error(outcome.message);
  return outcome.tasks;
}

async function prints(asked: Asked = {}): Promise<Record<string, string[]>> {
  const found = await fingerprintTasks(planned(asked), { ...PROVENANCE, ...asked.provenance });
  return Object.fromEntries(found);
}

/** Names of the tasks whose fingerprints are no longer those of a plain plan. */
async function changedBy(asked: Asked): Promise<string[]> {
  const [before, after] = [await prints(), await prints(asked)];
  return Object.keys(before).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
}

test('every output has one of its own, and the same again for the same', async () => {
  const found = await prints();
  const all = Object.values(found).flat();
  expect(new Set(all).size).toBe(all.length);
  expect(all.every((print) => /^[0-9a-f]{64}$/.test(print))).toBe(true);
  expect(found['chunk-0-h264']).toHaveLength(3);
  expect(found['audio-0']).toHaveLength(1);
  expect(found.publish).toEqual([]);
  expect(await prints()).toEqual(found);
});

describe('where and when it is done does not count', () => {
  test('what only decides how a track is cut', async () => {
    for (const sampleExact of [true, false]) {
      const audio = FILM.audio.map((track) => ({ ...track, sampleExact }));
      expect(await changedBy({ media: { audio } })).toEqual([]);
    }
  });

  test('keys of the source', async () => {
    const source = { key: 'elsewhere', etag: '"other"', sizeBytes: 7 };
    expect(await changedBy({ media: { source } })).toEqual([]);
    expect(await changedBy({ sidecar: { key: 'elsewhere' } })).toEqual([]);
  });

  test('threads, and the order of keys', async () => {
    const tasks = planned({});
    const turned = tasks.map((task) => {
      if (task.spec.kind !== 'encode-video') return task;
      const spec = Object.fromEntries(Object.entries({ ...task.spec, threads: 7 }).reverse());
      return { ...task, spec: spec as EncodeVideoSpec };
    });
    expect(await fingerprintTasks(turned, PROVENANCE)).toEqual(await fingerprintTasks(tasks, PROVENANCE));
  });

  test('names of renditions', async () => {
    const hevc = { height: 720, codec: 'hevc' as const };
    const beside = await prints({ profile: { renditions: [{ height: 720, codec: 'h264' }, hevc] } });
    const alone = await prints({ profile: { renditions: [hevc] } });
    expect(beside['chunk-1-hevc']).toEqual(alone['chunk-1-hevc']);
    expect(beside['720p-hevc.mp4']).toEqual(alone['720p.mp4']);
  });
});

describe('what changes an output', () => {
  test('the source and the build change all', async () => {
    const all = Object.keys(await prints()).filter((name) => name !== 'publish');
    expect(await changedBy({ provenance: { source: 'sha-256:other' } })).toEqual(all);
    expect(await changedBy({ provenance: { build: 'ffmpeg 8' } })).toEqual(all);
  });

  test('a rendition below leaves those above as they are', async () => {
    const [before, after] = [
      await prints(),
      await prints({
        profile: { renditions: [1080, 720, 480, 360].map((height) => ({ height, codec: 'h264' })) },
      }),
    ];
    expect(after['chunk-1-h264']?.slice(0, 3)).toEqual(before['chunk-1-h264']);
    expect(after['1080p.mp4']).toEqual(before['1080p.mp4']);
    expect(after.poster).toEqual(before.poster);
    expect(after.storyboard).not.toEqual(before.storyboard);
  });

  test('a rendition between changes those that are scaled from it', async () => {
    const [before, after] = [
      await prints(),
      await prints({
        profile: { renditions: [1080, 900, 720, 480].map((height) => ({ height, codec: 'h264' })) },
      }),
    ];
    const [top, , ...lower] = after['chunk-1-h264'] ?? [];
    expect(top).toBe(before['chunk-1-h264']?.[0]);
    expect(before['chunk-1-h264']).not.toContain(lower[0]);
    expect(before['chunk-1-h264']).not.toContain(lower[1]);
  });

  test('a part of a chunk has the fingerprints that the whole has', async () => {
    const whole = planned({}).find((task) => task.name === 'chunk-1-h264');
    if (whole?.spec.kind !== 'encode-video') throw new Error('no chunk');
    const chain = whole.spec.renditions;
    const part = { ...whole, spec: { ...whole.spec, chain, renditions: chain.slice(2) } };
    const found = await fingerprintTasks([part], PROVENANCE);
    expect(found.get(part.name)).toEqual((await prints())['chunk-1-h264']?.slice(2));
  });

  test('sound is one thing, pictures another', async () => {
    const bySound = await changedBy({ profile: { audio_bitrate_kbps: 96 } });
    expect(bySound).toEqual(['audio-0', '1080p.mp4', '720p.mp4', '480p.mp4']);
    const byPreset = await changedBy({ profile: { preset: 'slow' } });
    expect(byPreset).toEqual(expect.arrayContaining(['chunk-0-h264', 'storyboard', '480p.mp4']));
    expect(byPreset).not.toContain('audio-0');
    expect(byPreset).not.toContain('poster');
  });

  test('subtitles by what their file holds', async () => {
    expect(await changedBy({ sidecar: { etag: '"new"' } })).toEqual(['subs-0']);
  });

  test('another cut changes every chunk but the first', async () => {
    const changed = await changedBy({ slots: 1 });
    expect(changed).toContain('480p.mp4');
    expect(changed).not.toContain('chunk-0-h264');
    expect(changed).not.toContain('audio-0');
  });
});

test('a source is known by its digest, or else by what storage says of it', () => {
  const stored = { etag: '"e"', sizeBytes: 3 };
  expect(sourceIdentity('sha-256:x', stored)).toBe('sha-256:x');
  expect(sourceIdentity(null, stored)).toBe('etag:"e":3');
});

const FILM = mediaInfo.parse({
  source: { key: 'uploads/p/f/film.mp4', sizeBytes: 1_000, etag: '"etag"' },
  ...{ demuxer: 'mov', uploadedFormat: 'mov', containerStartMicros: 0, originMicros: 0 },
  ...{ durationMicros: 120_000_000, bitrateKbps: 5_000 },
  video: {
    ...{ index: 0, codec: 'h264', pixelFormat: 'yuv420p', codedWidth: 1920, codedHeight: 1080 },
    ...{ sampleAspectRatio: { num: 1, den: 1 }, rotation: 0, width: 1920, height: 1080 },
    ...{ frameRate: { num: 25, den: 1 }, variableFrameRate: false, startMicros: 0, endMicros: 120_000_000 },
    ...{ endMeasured: true, colorTransfer: null, colorPrimaries: null, colorSpace: null, colorRange: null },
    fieldOrder: null,
  },
  audio: [
    {
      ...{ index: 0, codec: 'aac', channels: 2, sampleRate: 48_000, startMicros: 0, endMicros: 120_000_000 },
      ...{ language: null, title: null },
    },
  ],
});
