import type { Fraction } from '@millrace/shared/media/fraction.ts';
import { mulDivRound } from '@millrace/shared/media/fraction.ts';
import type { MediaInfo } from '@millrace/shared/media/media-info.ts';
import { type Profile, profileObject } from '@millrace/shared/media/profile.ts';
import type { FailureCode } from '@millrace/shared/task/failure-codes.ts';
import type { TaskSpec } from '@millrace/shared/task/task-spec.ts';
import type { Dice } from './dice.ts';

/** What becomes of every attempt at a task, apart from what the world does to it. */
export type TaskFate =
  | { is: 'fine' }
  /** Fails so many times before it succeeds. */
  | { is: 'flaky'; failures: number; code: FailureCode }
  | { is: 'hopeless'; code: FailureCode }
  | { is: 'permanent'; code: FailureCode }
  /** Kills the process that runs it: every time, the first time, or whenever it has company. */
  | { is: 'poison'; when: 'always' | 'first' | 'beside-others' }
  /** Takes minutes, and says so as it goes. */
  | { is: 'slow' };

/** A source as it truly is, and what is asked for. */
export interface Film {
  readonly key: string;
  readonly info: MediaInfo;
  readonly profile: Profile;
  /** By how many frames the stream is longer (or shorter) than its headers say. */
  readonly extraFrames: number;
  fateOf(spec: TaskSpec): TaskFate;
  /** The same for every attempt at a task: `chunk-3-h264`, `720p.mp4`, … */
  nameOf(spec: TaskSpec): string;
}

const RATES: readonly Fraction[] = [
  { num: 24, den: 1 },
  { num: 25, den: 1 },
  { num: 30, den: 1 },
  { num: 60, den: 1 },
  { num: 24_000, den: 1001 },
  { num: 30_000, den: 1001 },
  { num: 60_000, den: 1001 },
  { num: 12, den: 1 },
  { num: 15, den: 2 },
  { num: 1, den: 1 },
];

const SIZES = [
  [1920, 1080],
  [1080, 1920],
  [1280, 720],
  [640, 360],
  [320, 240],
  [3840, 2160],
] as const;

const RETRYABLE: readonly FailureCode[] = [
  'encoder_failed',
  'verification_failed',
  'stalled',
  'out_of_resources',
];
const PERMANENT: readonly FailureCode[] = [
  'decode_failed',
  'source_truncated',
  'unsupported_codec',
  'source_changed',
];

export interface FilmTroubles {
  troubledFilms: boolean;
  poisonousFilms: boolean;
}

export function shootFilm(dice: Dice, key: string, troubles: FilmTroubles): Film {
  const frameRate = dice.pick(RATES);
  const frames = pickFrames(dice, frameRate);
  const info = describe(dice, key, frameRate, frames);
  const fates = new Map<string, TaskFate>();
  return {
    key,
    info,
    profile: pickProfile(dice),
    extraFrames: frames > 1 && dice.chance(0.2) ? dice.int(-1, 1) * dice.int(0, Math.min(20, frames - 1)) : 0,
    nameOf,
    fateOf(spec) {
      const name = nameOf(spec);
      const known = fates.get(name);
      if (known) return known;
      const fate = pickFate(dice.fork(name));
      const happens = troubles.troubledFilms && (troubles.poisonousFilms || fate.is !== 'poison');
      fates.set(name, happens ? fate : { is: 'fine' });
      return happens ? fate : { is: 'fine' };
    },
  };
}

/** From a single frame to twenty minutes; most are short. */
function pickFrames(dice: Dice, frameRate: Fraction): number {
  const seconds = dice.chance(0.25)
    ? 0
    : dice.chance(0.04)
      ? dice.between(300, 1200)
      : dice.chance(0.5)
        ? dice.between(0, 12)
        : dice.between(12, 150);
  const frames = Math.floor((seconds * frameRate.num) / frameRate.den);
  return Math.max(1, seconds === 0 ? dice.int(1, 5) : frames);
}

function describe(dice: Dice, key: string, frameRate: Fraction, frames: number): MediaInfo {
  const [width, height] = dice.pick(SIZES);
  const originMicros = dice.chance(0.2) ? dice.int(-2_000_000, 2_000_000) : 0;
  const endMicros = originMicros + mulDivRound(frames, frameRate.den * 1_000_000, frameRate.num);
  const hasAudio = dice.chance(0.75);
  const hasVideo = !dice.chance(0.02);
  const audioEndMicros = Math.max(originMicros + 1, endMicros + dice.int(-400_000, 400_000));
  return {
    source: { key, sizeBytes: 1_000, etag: 'e' },
    demuxer: 'mov',
    uploadedFormat: 'mov,mp4,m4a,3gp,3g2,mj2',
    containerStartMicros: originMicros,
    originMicros,
    durationMicros: Math.max(0, endMicros - originMicros),
    bitrateKbps: null,
    video: hasVideo
      ? {
          ...{ index: 0, codec: 'h264', pixelFormat: 'yuv420p', codedWidth: width, codedHeight: height },
          ...{ sampleAspectRatio: { num: 1, den: 1 }, rotation: 0, width, height, frameRate },
          ...{ variableFrameRate: false, startMicros: originMicros, endMicros, endMeasured: false },
          ...{
            colorTransfer: null,
            colorPrimaries: null,
            colorSpace: null,
            colorRange: null,
            fieldOrder: dice.pick([null, 'tt'] as const),
          },
          ...{ alpha: false, closedCaptions: false },
        }
      : null,
    audio: Array.from({ length: hasAudio ? dice.int(1, 2) : 0 }, (_, index) => ({
      ...{ index, codec: 'aac', channels: dice.pick([1, 2, 6]), sampleRate: dice.pick([44_100, 48_000]) },
      ...{ startMicros: originMicros, endMicros: audioEndMicros, language: null, title: null },
      isDefault: index === 0,
    })),
    subtitles: dice.chance(0.2)
      ? [{ index: 0, codec: 'subrip', language: null, title: null, isDefault: false, forced: false }]
      : [],
    skipped: [],
    digest: null,
  };
}

function pickProfile(dice: Dice): Profile {
  const heights = [1080, 720, 480, 240].filter(() => dice.chance(0.5));
  const codecs = dice.chance(0.2) ? ['h264', 'av1'] : ['h264'];
  const start = dice.chance(0.1) ? { start_seconds: dice.between(0, 2) } : {};
  return profileObject.parse({
    renditions: codecs.flatMap((codec) =>
      (heights.length > 0 ? heights : [480]).map((height) => ({ height, codec })),
    ),
    ...start,
    surround: dice.chance(0.3),
    storyboard: dice.chance(0.7),
    measure_quality: dice.chance(0.3),
    packaging: dice.pick([['hls', 'dash', 'mp4'], ['hls'], ['mp4'], ['dash']] as const),
  });
}

/** Most tasks are fine even in a troubled film: it has many. */
function pickFate(dice: Dice): TaskFate {
  if (dice.chance(0.8)) return { is: 'fine' };
  switch (dice.int(0, 12)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return { is: 'flaky', failures: dice.int(1, 2), code: dice.pick(RETRYABLE) };
    case 4:
      return { is: 'hopeless', code: dice.pick(RETRYABLE) };
    case 5:
      return { is: 'permanent', code: dice.pick(PERMANENT) };
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
      return { is: 'slow' };
    default:
      return { is: 'poison', when: dice.pick(['always', 'first', 'beside-others'] as const) };
  }
}

function nameOf(spec: TaskSpec): string {
  switch (spec.kind) {
    case 'encode-video':
      return `chunk-${spec.chunk.index}-${spec.renditions[0]?.codec}`;
    case 'encode-audio':
      return `${spec.track}-${spec.span?.firstSegment ?? 0}`;
    case 'subtitles':
      return spec.track;
    case 'measure-quality':
      return `quality-${spec.segment}-${spec.renditions[0]?.codec}`;
    case 'assemble':
      return spec.name;
    case 'fetch':
    case 'analyze':
    case 'poster':
    case 'storyboard':
    case 'publish':
      return spec.kind;
    default:
      return spec satisfies never;
  }
}
