import { WHOLE_TRACK } from '@millrace/shared/media/audio-span.ts';
import { mulDivRound } from '@millrace/shared/media/fraction.ts';
import { type Chunk, segmentStartFrame } from '@millrace/shared/media/grid.ts';
import type { FailureCode } from '@millrace/shared/task/failure-codes.ts';
import { SOURCE_INPUT } from '@millrace/shared/task/inputs.ts';
import {
  initName,
  POSTER_NAME,
  STORYBOARD_NAME,
  segmentName,
  subtitlesName,
  subtitlesSegmentName,
} from '@millrace/shared/task/outputs.ts';
import type { EncodeAudioSpec, StoredFile, TaskResult, TaskSpec } from '@millrace/shared/task/task-spec.ts';
import { TaskFailure } from '../../../worker-node/src/task-failure.ts';
import type { TaskRunner } from '../../../worker-node/src/worker/run-attempt.ts';
import type { AnnouncedInit, TaskContext } from '../../../worker-node/src/worker/task-context.ts';
import type { Dice } from '../dice.ts';
import type { Film } from '../film.ts';
import type { Life } from '../life.ts';
import type { VirtualStorage } from '../virtual-storage.ts';
import type { Weather } from '../weather.ts';

export interface FfmpegDeps {
  life: Life;
  encoder: string;
  dice: Dice;
  weather: Weather;
  storage: VirtualStorage;
  filmOf(jobId: string): Film;
  /** The process dies, as when ffmpeg takes all memory. */
  die(): void;
  /** Tells that an attempt failed, and with what, before anybody else hears. */
  failed(taskId: string, code: FailureCode): void;
  /** How many attempts at the task have come this far before, in the whole fleet. */
  countRun(taskId: string): number;
}

/** From a tired laptop to a machine with many cores. */
const FRAMES_PER_SECOND = { low: 40, high: 1_500 };
const NEVER = new Promise<never>(() => {});

interface Segment {
  number: number;
  length: number;
}

/** Stands in for FFmpeg and the transfers: takes time, announces what it stored, and meets the task's fate. */
export function createVirtualFfmpeg(deps: FfmpegDeps): TaskRunner {
  const { life, dice, weather, storage, filmOf } = deps;
  let running = 0;
  const speed = FRAMES_PER_SECOND.low * (FRAMES_PER_SECOND.high / FRAMES_PER_SECOND.low) ** dice.next();

  return async (ctx) => {
    const film = filmOf(ctx.jobId);
    const fate = film.fateOf(ctx.spec);
    const run = deps.countRun(ctx.taskId);
    const slowness = fate.is === 'slow' ? dice.between(10, 100) : 1;
    // Where in its work the attempt meets its fate.
    const fatalShare = dice.next();
    const meetFate = async () => {
      switch (fate.is) {
        case 'fine':
        case 'slow':
          return;
        case 'flaky':
          if (run < fate.failures) throw fail(ctx, fate.code);
          return;
        case 'hopeless':
        case 'permanent':
          throw fail(ctx, fate.code);
        case 'poison':
          if (fate.when === 'always' || (fate.when === 'first' ? run === 0 : running > 1)) {
            deps.die();
            await NEVER;
          }
          return;
        default:
          fate satisfies never;
      }
    };
    running += 1;
    try {
      return await perform(ctx, film, { slowness, fatalShare, meetFate });
    } finally {
      running -= 1;
    }
  };

  function fail(ctx: TaskContext, code: FailureCode): TaskFailure {
    deps.failed(ctx.taskId, code);
    return new TaskFailure(code, `the simulated ffmpeg failed with ${code}`);
  }

  async function perform(ctx: TaskContext, film: Film, pace: Pace): Promise<TaskResult> {
    const { spec } = ctx;
    switch (spec.kind) {
      case 'analyze':
        await take(ctx, dice.between(50, 3_000) * pace.slowness);
        await pace.meetFate();
        return { kind: 'analyze', mediaInfo: film.info, build: deps.encoder };
      case 'encode-video': {
        const segments = videoSegments(spec.chunk, spec.gopFrames, film.extraFrames);
        const tracks = spec.renditions.map((rendition) => rendition.name);
        await encode(ctx, tracks, segments, (length) => (length / speed) * 1000, pace);
        const frames = segments.reduce((sum, segment) => sum + segment.length, 0);
        return { kind: 'encode-video', frames, segments: segments.length, encoder: 'libx264' };
      }
      case 'encode-audio': {
        const segments = audioSegments(spec);
        await encode(ctx, [spec.track], segments, (length) => length / 2_000, pace);
        const samples = segments.reduce((sum, segment) => sum + segment.length, 0);
        return { kind: 'encode-audio', samples, segments: segments.length, encoder: 'aac' };
      }
      case 'poster':
        await take(ctx, dice.between(50, 800) * pace.slowness);
        await pace.meetFate();
        await store(ctx, POSTER_NAME);
        return { kind: 'poster', name: POSTER_NAME, width: spec.width, height: spec.height, sizeBytes: 1 };
      case 'subtitles': {
        await readAll(ctx);
        await pace.meetFate();
        const names = [subtitlesName(spec.track), subtitlesSegmentName(spec.track, 0)];
        for (const name of names) await store(ctx, name);
        return { kind: 'subtitles', cues: 1, files: names.map(fileOf) };
      }
      case 'storyboard':
        await readAll(ctx);
        await take(ctx, dice.between(50, 800) * pace.slowness);
        await pace.meetFate();
        await store(ctx, STORYBOARD_NAME);
        return { kind: 'storyboard', pictures: 1, files: [fileOf(STORYBOARD_NAME)] };
      case 'measure-quality':
        await readAll(ctx);
        await take(ctx, dice.between(50, 2_000) * pace.slowness);
        await pace.meetFate();
        return {
          kind: 'measure-quality',
          renditions: spec.renditions.map(({ name }) => ({
            name,
            frames: 1,
            ssim: 1,
            psnr: 100,
            vmaf: null,
          })),
        };
      case 'assemble': {
        await readAll(ctx);
        await take(ctx, dice.between(50, 2_000) * pace.slowness);
        await pace.meetFate();
        await store(ctx, spec.name);
        return {
          kind: 'assemble',
          name: spec.name,
          sizeBytes: 1,
          frames: 1,
          durationMicros: 1,
          bitrateKbps: 1,
        };
      }
      case 'fetch':
      case 'publish':
        throw new Error(`a worker was given a ${spec.kind} task`);
      default:
        return spec satisfies never;
    }
  }

  async function encode(
    ctx: TaskContext,
    tracks: readonly string[],
    segments: readonly Segment[],
    msFor: (length: number) => number,
    pace: Pace,
  ): Promise<void> {
    const fatal = Math.floor(pace.fatalShare * segments.length);
    for (const track of tracks) {
      const standing = ctx.knownInits.get(track);
      if (standing !== undefined && standing !== sha(ctx, track)) throw fail(ctx, 'init_mismatch');
    }
    const begun = new Set(ctx.knownInits.keys());
    let done = 0;
    for (const [index, { number, length }] of segments.entries()) {
      await take(ctx, msFor(length) * pace.slowness);
      if (index === fatal) await pace.meetFate();
      done += length;
      ctx.progress(done);
      for (const track of tracks) {
        if (ctx.announced.has(`${track}/${number}`)) continue;
        const init = begun.has(track) ? null : initOf(track, sha(ctx, track));
        if (init) await store(ctx, init.name);
        begun.add(track);
        const name = segmentName(track, number);
        await store(ctx, name);
        const initSha256 = sha(ctx, track);
        ctx.announce(init, [{ track, number, name, sizeBytes: 1, length, keyBytes: 1, initSha256 }]);
      }
    }
  }

  function sha(ctx: TaskContext, track: string): string {
    return `${deps.encoder} ${ctx.jobId}/${track}`;
  }

  /** Objects are there before a row names them. */
  async function store(ctx: TaskContext, name: string): Promise<void> {
    const { url } = await ctx.output(name, dice.chance(0.03));
    await take(ctx, dice.between(2, 60));
    if (weather.strikes('storageFailure')) throw fail(ctx, 'storage_unavailable');
    if (!life.ended()) storage.put(url);
  }

  async function readAll(ctx: TaskContext): Promise<void> {
    for (const name of ctx.inputNames) {
      const { url } = await ctx.input(name);
      if (name !== SOURCE_INPUT && !storage.has(url)) throw fail(ctx, 'worker_error');
    }
    await take(ctx, ctx.inputNames.length);
  }

  /** Now and then what runs does not end at once when it is told to, or not at all. */
  async function take(ctx: TaskContext, ms: number): Promise<void> {
    try {
      await life.clock.sleep(ms, ctx.signal);
    } catch (error) {
      if (dice.chance(0.05)) await NEVER;
      if (dice.chance(0.3)) await life.clock.sleep(dice.between(0, 5_000));
      throw error;
    }
  }
}

function fileOf(name: string): StoredFile {
  return { name, sizeBytes: 1 };
}

interface Pace {
  slowness: number;
  fatalShare: number;
  meetFate(): Promise<void>;
}

function initOf(track: string, sha256: string): AnnouncedInit {
  return {
    track,
    name: initName(track),
    sha256,
    sizeBytes: 1,
    codecs: track.startsWith('audio') ? 'mp4a.40.2' : 'avc1.64001f',
    width: 0,
    height: 0,
  };
}

/** The planned segments; in the last chunk those of the stream as it truly is. */
export function videoSegments(chunk: Chunk, gopFrames: number, extraFrames: number): Segment[] {
  const planned = chunk.segmentFrames.reduce((sum, frames) => sum + frames, 0);
  const end = chunk.startFrame + (chunk.frames ?? Math.max(1, planned + extraFrames));
  const segments: Segment[] = [];
  for (let number = chunk.firstSegment; segmentStartFrame(gopFrames, number) < end; number += 1) {
    const start = segmentStartFrame(gopFrames, number);
    segments.push({ number, length: Math.min(end, segmentStartFrame(gopFrames, number + 1)) - start });
  }
  return segments;
}

export function audioSegments(spec: EncodeAudioSpec): Segment[] {
  const { frameRate, gopFrames, durationMicros, sampleRate, span = WHOLE_TRACK } = spec;
  const sampleAt = (frame: number) => mulDivRound(frame, frameRate.den * sampleRate, frameRate.num);
  const end = Math.max(1, mulDivRound(durationMicros, sampleRate, 1_000_000));
  const segments: Segment[] = [];
  for (let number = 0; number === 0 || sampleAt(segmentStartFrame(gopFrames, number)) < end; number += 1) {
    const start = sampleAt(segmentStartFrame(gopFrames, number));
    const next = sampleAt(segmentStartFrame(gopFrames, number + 1));
    segments.push({ number, length: Math.max(1, Math.min(end, next) - start) });
  }
  return segments.filter(
    ({ number }) => number >= span.firstSegment && number < (span.endSegment ?? Number.POSITIVE_INFINITY),
  );
}

/** How many segments a task's tracks must have in the end. */
export function trueSegments(spec: TaskSpec, extraFrames: number): { tracks: string[]; numbers: number[] } {
  switch (spec.kind) {
    case 'encode-video':
      return {
        tracks: spec.renditions.map((rendition) => rendition.name),
        numbers: videoSegments(spec.chunk, spec.gopFrames, extraFrames).map(({ number }) => number),
      };
    case 'encode-audio':
      return { tracks: [spec.track], numbers: audioSegments(spec).map(({ number }) => number) };
    case 'fetch':
    case 'analyze':
    case 'poster':
    case 'subtitles':
    case 'storyboard':
    case 'measure-quality':
    case 'assemble':
    case 'publish':
      return { tracks: [], numbers: [] };
    default:
      return spec satisfies never;
  }
}
