import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TaskSpec } from '../task/task-spec.ts';
import { taskSpec } from '../task/task-spec.ts';
import { parseFraction, reduce } from './fraction.ts';
import type { AudioStreamInfo, MediaInfo } from './media-info.ts';
import { jobPlan, type PlanOutcome, type PlanRequest, planJob } from './plan.ts';
import { type Profile, profileName, profileObject, resolveProfile } from './profile.ts';
import { film, pictures, sound } from './testing/media-infos.ts';
import { frameMicros } from './timeline.ts';

type Planned = Extract<PlanOutcome, { planned: true }>;

function plan(mediaInfo: MediaInfo, profile: Profile, changes: Partial<PlanRequest> = {}): Planned {
  const outcome = planJob({ mediaInfo, profile, fleet: { slots: 2 }, sidecars: [], ...changes });
  if (!outcome.planned) throw new Error(outcome.message);
  return outcome;
}

function specs<K extends TaskSpec['kind']>({ tasks }: Planned, kind: K): Extract<TaskSpec, { kind: K }>[] {
  return tasks.flatMap(({ spec }) => (isKind(spec, kind) ? [spec] : []));
}

function isKind<K extends TaskSpec['kind']>(spec: TaskSpec, kind: K): spec is Extract<TaskSpec, { kind: K }> {
  return spec.kind === kind;
}

function withProfile(changes: Partial<Profile>): Profile {
  return { ...resolveProfile('default'), ...changes };
}

const films = fc
  .record({
    rate: fc.constantFrom('24000/1001', '24', '25', '30000/1001', '30', '50', '60000/1001', '120', '15/2'),
    seconds: fc.double({ min: 0.01, max: 12_000, noNaN: true }),
    origin: fc.integer({ min: -2_000_000, max: 20_000_000 }),
    fieldOrder: fc.constantFrom('progressive', 'tt', 'bb', null),
    monos: fc.integer({ min: 0, max: 5 }),
    channels: fc.constantFrom(1, 2, 6),
    hasVideo: fc.boolean(),
  })
  .map(({ rate, seconds, origin, fieldOrder, monos, channels, hasVideo }): MediaInfo => {
    const endMicros = origin + Math.max(1, Math.round(seconds * 1e6));
    const span = { startMicros: origin, endMicros };
    const frameRate = parseFraction(rate) ?? { num: 25, den: 1 };
    const audio = [
      sound(0, { ...span, channels }),
      ...Array.from({ length: monos }, (_, i) => sound(i + 1, { ...span, channels: 1, codec: 'pcm_s24le' })),
    ];
    return film({
      originMicros: origin,
      durationMicros: endMicros - origin,
      video: hasVideo ? pictures({ ...span, frameRate, fieldOrder }) : null,
      audio,
    });
  });

const profiles = fc
  .record({
    name: fc.constantFrom(...profileName.options),
    start: fc.option(fc.double({ min: 0, max: 20, noNaN: true })),
    length: fc.option(fc.double({ min: 0.05, max: 5_000, noNaN: true })),
    cap: fc.option(fc.constantFrom(12, 25, 30, 60)),
    codecs: fc.uniqueArray(fc.constantFrom('h264', 'hevc', 'av1', 'vp9'), { minLength: 1, maxLength: 3 }),
  })
  .map(({ name, start, length, cap, codecs }): Profile => {
    const named = resolveProfile(name);
    const rungs = codecs.flatMap((codec) =>
      named.renditions.slice(0, 3).map(({ height }) => ({
        height,
        codec,
        ...(cap === null ? {} : { max_frame_rate: cap }),
      })),
    );
    return profileObject.parse({
      ...named,
      renditions: rungs,
      ...(start === null ? {} : { start_seconds: start }),
      ...(length === null ? {} : { end_seconds: (start ?? 0) + length }),
    });
  });

test('chunks side by side have a thread each; the first has all, and those that end the film can use what is idle', () => {
  const threads = (slots: number) =>
    specs(plan(film({}), resolveProfile('default'), { fleet: { slots } }), 'encode-video').map(
      (spec) => spec.threads,
    );
  const [first, ...others] = threads(3);
  expect(first).toBe(0);
  expect(others.length).toBeGreaterThan(6);
  expect(others.slice(0, -3).every((count) => count === 1)).toBe(true);
  expect(others.slice(-3)).toEqual([2, 2, 2]);
  expect(new Set(threads(1))).toEqual(new Set([0]));
});

const slots = fc.integer({ min: 1, max: 300 });

test('any source and profile give a graph whose every task can be sent, run and waited for', () => {
  fc.assert(
    fc.property(films, profiles, slots, (mediaInfo, profile, count) => {
      const outcome = planJob({ mediaInfo, profile, fleet: { slots: count }, sidecars: [] });
      if (!outcome.planned) {
        expect(['nothing_to_encode', 'trim_out_of_range']).toContain(outcome.code);
        return;
      }
      expect(jobPlan.parse(outcome.plan)).toEqual(outcome.plan);
      const seen = new Set<string>();
      for (const task of outcome.tasks) {
        expect(taskSpec.parse(task.spec)).toEqual(task.spec);
        for (const name of task.dependsOn) expect(seen).toContain(name);
        expect(seen).not.toContain(task.name);
        seen.add(task.name);
        expect(task.workTotal).toBeGreaterThan(0);
      }
      const [publish] = outcome.tasks.slice(-1);
      expect(publish?.spec.kind).toBe('publish');
      expect(reachable(outcome, 'publish')).toEqual(seen);
    }),
    { numRuns: 60 },
  );
});

/** Everything that must be done before `name`, and itself. */
function reachable({ tasks }: Planned, name: string): Set<string> {
  const before = new Map(tasks.map((task) => [task.name, task.dependsOn]));
  const found = new Set([name]);
  for (const next of found) for (const other of before.get(next) ?? []) found.add(other);
  return found;
}

test('chunks of each codec cover the same frames, and every rendition can be cut where they are', () => {
  fc.assert(
    fc.property(films, profiles, slots, (mediaInfo, profile, count) => {
      const outcome = planJob({ mediaInfo, profile, fleet: { slots: count }, sidecars: [] });
      if (!outcome.planned) return;
      const { gopFrames, totalFrames, renditions } = outcome.plan;
      for (const { frameStep } of renditions) expect(gopFrames % frameStep).toBe(0);
      const encodes = specs(outcome, 'encode-video');
      for (const codec of new Set(renditions.map((rendition) => rendition.codec))) {
        const mine = encodes.filter((spec) => spec.renditions[0]?.codec === codec);
        expect(mine.flatMap(({ chunk }) => chunk.segmentFrames).reduce((sum, n) => sum + n, 0)).toBe(
          totalFrames,
        );
        for (const spec of mine) {
          expect(spec.renditions).toEqual(renditions.filter((rendition) => rendition.codec === codec));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('a trim is exact to the frame, on the clock of the source', () => {
  fc.assert(
    fc.property(
      fc.constantFrom({ num: 25, den: 1 }, { num: 30_000, den: 1_001 }, { num: 60, den: 1 }),
      fc.integer({ min: 0, max: 400 }),
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: -1_000_000, max: 5_000_000 }),
      (frameRate, first, length, origin) => {
        const at = (frame: number) => frameMicros(frameRate, frame) / 1e6;
        const endMicros = origin + 60_000_000;
        const video = pictures({ frameRate, startMicros: origin, endMicros });
        const mediaInfo = film({
          originMicros: origin,
          video,
          audio: [sound(0, { startMicros: origin, endMicros })],
        });
        const profile = withProfile({ start_seconds: at(first), end_seconds: at(first + length) });
        const made = plan(mediaInfo, profile);
        expect(made.plan.totalFrames).toBe(length);
        const encodes = specs(made, 'encode-video');
        for (const spec of encodes)
          expect(spec.source.originMicros).toBe(origin + frameMicros(frameRate, first));
        expect(encodes.at(-1)?.chunk.frames).not.toBeNull();
        const [audio] = specs(made, 'encode-audio');
        expect(audio?.endMicros).toBe(frameMicros(frameRate, length));
      },
    ),
    { numRuns: 60 },
  );
});

test('an end past that of the source leaves the last chunk open; a start past it is refused', () => {
  const open = plan(film(), withProfile({ end_seconds: 90 }));
  expect(specs(open, 'encode-video').at(-1)?.chunk.frames).toBeNull();
  expect(specs(open, 'encode-audio')[0]?.endMicros).toBeNull();
  const late = planJob({
    mediaInfo: film(),
    profile: withProfile({ start_seconds: 60 }),
    fleet: { slots: 2 },
    sidecars: [],
  });
  expect(late).toMatchObject({ planned: false, code: 'trim_out_of_range' });
});

test.each([
  ['field', '50/1', 'field'],
  ['frame', '25/1', 'frame'],
  ['off', '25/1', null],
] as const)('interlaced pictures, %s: %s frames', (deinterlace, rate, expected) => {
  const { plan: made, tasks } = plan(
    film({ video: pictures({ fieldOrder: 'tt' }) }),
    withProfile({ deinterlace }),
  );
  expect(`${made.frameRate.num}/${made.frameRate.den}`).toBe(rate);
  const [chunk] = tasks.filter((task) => task.spec.kind === 'encode-video');
  expect(chunk?.spec).toMatchObject({ deinterlace: expected });
});

test('sound alone is planned on a grid of its own, with an M4A of each track', () => {
  const made = plan(
    film({ video: null, audio: [sound(0), sound(1, { language: 'de' })] }),
    resolveProfile('default'),
  );
  expect(made.plan.renditions).toEqual([]);
  expect(reduce(made.plan.frameRate.num, made.plan.frameRate.den)).toEqual({ num: 25, den: 1 });
  expect(made.tasks.map((task) => task.name)).toEqual([
    'audio-0',
    'audio-1',
    'audio-0.m4a',
    'audio-1.m4a',
    'publish',
  ]);
});

test('pictures of a profile that wants sound alone are left; a silent source then has nothing to encode', () => {
  expect(plan(film(), resolveProfile('audio-only')).plan.renditions).toEqual([]);
  const silent = { mediaInfo: film({ audio: [] }), fleet: { slots: 2 }, sidecars: [] };
  expect(planJob({ ...silent, profile: resolveProfile('audio-only') })).toMatchObject({
    code: 'nothing_to_encode',
  });
  expect(planJob({ ...silent, profile: resolveProfile('default') })).toMatchObject({ planned: true });
});

test('the default track comes first, 5.1 beside stereo when asked for', () => {
  const audio = [
    sound(0, { language: 'en', isDefault: false }),
    sound(1, { language: 'de', channels: 6, isDefault: true }),
  ];
  const { plan: made } = plan(film({ audio }), withProfile({ surround: true }));
  expect(
    made.audio.map(({ track, group, channels, language }) => ({ track, group, channels, language })),
  ).toEqual([
    { track: 'audio-0', group: 'stereo', channels: 2, language: 'de' },
    { track: 'audio-1', group: 'stereo', channels: 2, language: 'en' },
    { track: 'audio-0-surround', group: 'surround', channels: 6, language: 'de' },
  ]);
});

test('mono PCM tracks without names become pairs; named ones, and those of films, stay', () => {
  const monos = [0, 1, 2].map((i) => sound(i, { codec: 'pcm_s24le', channels: 1 }));
  const paired = specs(plan(film({ audio: monos }), resolveProfile('default')), 'encode-audio');
  expect(paired.map(({ audio, pairedWith, channels }) => [audio.index, pairedWith?.index, channels])).toEqual(
    [
      [0, 1, 2],
      [2, undefined, 1],
    ],
  );
  const named = monos.map((mono) => ({ ...mono, title: `Mic ${mono.index}` }));
  expect(specs(plan(film({ audio: named }), resolveProfile('default')), 'encode-audio')).toHaveLength(3);
  const aac = monos.map((mono) => ({ ...mono, codec: 'aac' }));
  expect(specs(plan(film({ audio: aac }), resolveProfile('default')), 'encode-audio')).toHaveLength(3);
});

test('subtitles of the source and files beside it are tracks; a profile may leave the former', () => {
  const stream = { index: 0, codec: 'mov_text', language: 'fr', title: null, isDefault: false, forced: true };
  const file = { key: 'uploads/p/u/a.srt', sizeBytes: 100, etag: 'e', format: 'srt' as const };
  const sidecars = [{ file, language: 'sv', title: 'Svenska' }];
  const made = plan(film({ subtitles: [stream] }), withProfile({ start_seconds: 10 }), { sidecars });
  expect(made.plan.subtitles.map(({ track, language, forced }) => [track, language, forced])).toEqual([
    ['subs-0', 'sv', false],
    ['subs-1', 'fr', true],
  ]);
  expect(specs(made, 'subtitles')[0]?.from).toMatchObject({ originMicros: 10_000_000 });
  const without = plan(film({ subtitles: [stream] }), withProfile({ subtitles: false }), { sidecars });
  expect(without.plan.subtitles).toHaveLength(1);
});

test('what playback waits for goes first', () => {
  const made = plan(film({ audio: [sound(0), sound(1)] }), resolveProfile('default'));
  const first = [...made.tasks]
    .filter((task) => task.dependsOn.length === 0)
    .sort((a, b) => a.rank - b.rank)
    .map((task) => task.name);
  expect(first.slice(0, 3)).toEqual(['chunk-0-h264', 'audio-0', 'audio-1']);
});

test('quality is sampled evenly, over five chunks of each codec at most', () => {
  const renditions = [
    { height: 720, codec: 'h264' as const },
    { height: 720, codec: 'av1' as const },
  ];
  const long = film({ durationMicros: 3_600_000_000, video: pictures({ endMicros: 3_600_000_000 }) });
  const made = plan(long, withProfile({ renditions, measure_quality: true }));
  const samples = specs(made, 'measure-quality');
  expect(samples.length).toBeGreaterThan(4);
  expect(samples.length).toBeLessThanOrEqual(10);
  for (const spec of samples) expect(spec.frames).toBeLessThanOrEqual(made.plan.gopFrames);
  expect(specs(plan(film(), resolveProfile('default')), 'measure-quality')).toEqual([]);
});

test('a storyboard has at most 150 pictures, however long the film', () => {
  for (const seconds of [1, 60, 600, 28_000]) {
    const endMicros = seconds * 1_000_000;
    const made = plan(
      film({ durationMicros: endMicros, video: pictures({ endMicros }) }),
      resolveProfile('default'),
    );
    const [board] = specs(made, 'storyboard');
    const gops = Math.ceil(made.plan.totalFrames / made.plan.gopFrames);
    expect(Math.ceil(gops / (board?.everyGops ?? 0))).toBeLessThanOrEqual(150);
    expect(board?.rendition.name).toBe('480p');
  }
});

test('HDR pictures need a worker that can tone-map', () => {
  const hdr = plan(film({ video: pictures({ colorTransfer: 'smpte2084' }) }), resolveProfile('default'));
  const needs = hdr.tasks.filter((task) => task.spec.kind === 'encode-video').map((task) => task.needs);
  expect(needs.every((list) => list.includes('zscale') && list.includes('libx264'))).toBe(true);
});

test('the sound of a long film is made in spans, alike on every fleet, and an MP4 waits for all of them', () => {
  const hour = { startMicros: 0, endMicros: 3_600_000_000 };
  const longWith = (audio: Partial<AudioStreamInfo>) =>
    film({
      ...{ durationMicros: hour.endMicros, video: pictures(hour) },
      audio: [sound(0, { ...hour, sampleExact: true, ...audio })],
    });
  const tasksOf = (audio: Partial<AudioStreamInfo>, changes: Partial<Profile>, slots: number) =>
    plan(longWith(audio), withProfile(changes), { fleet: { slots, audioSpans: true } }).tasks;
  const namesOf = (audio: Partial<AudioStreamInfo>, changes: Partial<Profile> = {}, slots = 1_000) =>
    tasksOf(audio, changes, slots)
      .filter(({ spec }) => spec.kind === 'encode-audio')
      .map(({ name }) => name);
  expect(namesOf({})).toHaveLength(12);
  expect(new Set(namesOf({})).size).toBe(12);
  expect(namesOf({})[0]).toBe('audio-0');
  expect(namesOf({}, {}, 1)).toEqual(namesOf({}));
  expect(namesOf({ sampleExact: false })).toEqual(['audio-0']);
  expect(namesOf({ sampleRate: 44_100 })).toEqual(namesOf({}));
  expect(namesOf({ sampleRate: 24_000 })).toEqual(namesOf({}));
  expect(namesOf({ sampleRate: 22_050 })).toEqual(['audio-0']);
  expect(namesOf({}, { normalize_loudness: true })).toEqual(['audio-0']);
  expect(namesOf({}, { audio_codec: 'opus' })).toEqual(['audio-0']);
  // What a trim leaves of a track that ends early is what is cut.
  expect(namesOf({ endMicros: 200_000_000 }, { end_seconds: 3_000 })).toEqual(['audio-0']);
  expect(namesOf({}, { end_seconds: 650 })).toHaveLength(2);
  const assembled = tasksOf({}, {}, 1_000).filter(({ spec }) => spec.kind === 'assemble');
  expect(assembled.length).toBeGreaterThan(0);
  for (const { dependsOn } of assembled) expect(dependsOn).toEqual(expect.arrayContaining(namesOf({})));
});
