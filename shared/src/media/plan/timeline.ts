import type { TimedSource } from '../../task/task-spec.ts';
import { isInterlaced } from '../colour.ts';
import { type Fraction, mulDivRound, reduce } from '../fraction.ts';
import { gopLength } from '../grid.ts';
import { frameStep } from '../ladder.ts';
import type { MediaInfo, VideoStreamInfo } from '../media-info.ts';
import type { Profile } from '../profile.ts';
import { frameMicros } from '../timeline.ts';

const MICROS = 1_000_000;
/** What sound alone is cut on: 2 s are 50 frames. */
const AUDIO_GRID: Fraction = { num: 25, den: 1 };

/** Where the result lies in the source, and the grid it is counted on. */
export interface Timeline {
  source: TimedSource;
  /** Time zero of the result, from the start of the source. */
  startMicros: number;
  frameRate: Fraction;
  gopFrames: number;
  totalFrames: number;
  deinterlace: 'field' | 'frame' | null;
  /** True when the profile ends it before the pictures do. */
  cutsEnd: boolean;
  /** Where the profile ends the sound, from time zero; null where that ends by itself. */
  soundEndMicros: number | null;
}

/** Null when the result would begin after the end of the source. */
export function planTimeline(
  mediaInfo: MediaInfo,
  video: VideoStreamInfo | null,
  profile: Profile,
): Timeline | null {
  const deinterlace =
    video && isInterlaced(video) && profile.deinterlace !== 'off' ? profile.deinterlace : null;
  const { num, den } = video?.frameRate ?? AUDIO_GRID;
  const frameRate = deinterlace === 'field' ? reduce(num * 2, den) : { num, den };
  const end = frameAt(frameRate, sourceEnd(mediaInfo, video) - mediaInfo.originMicros);
  const first = profile.start_seconds === undefined ? 0 : frameAt(frameRate, profile.start_seconds * MICROS);
  const last = profile.end_seconds === undefined ? end : frameAt(frameRate, profile.end_seconds * MICROS);
  if (first > 0 && first >= end) return null;
  const steps = video ? profile.renditions.map((rung) => frameStep(frameRate, rung.max_frame_rate)) : [];
  const startMicros = frameMicros(frameRate, first);
  const soundEnd = profile.end_seconds === undefined ? null : Math.round(profile.end_seconds * MICROS);
  return {
    source: timedSource(mediaInfo, mediaInfo.originMicros + startMicros),
    startMicros,
    frameRate,
    gopFrames: gopLength(frameRate, steps.reduce(leastCommonMultiple, 1)),
    totalFrames: Math.max(1, Math.min(last, end) - first),
    deinterlace,
    cutsEnd: last < end,
    soundEndMicros:
      soundEnd === null || soundEnd >= mediaInfo.durationMicros
        ? null
        : last < end
          ? frameMicros(frameRate, Math.max(1, last - first))
          : soundEnd - startMicros,
  };
}

/** A job of pictures is as long as its pictures. */
function sourceEnd(mediaInfo: MediaInfo, video: VideoStreamInfo | null): number {
  return video?.endMicros ?? mediaInfo.originMicros + mediaInfo.durationMicros;
}

export function timelineMicros({ frameRate, totalFrames }: Timeline): number {
  return frameMicros(frameRate, totalFrames);
}

function frameAt({ num, den }: Fraction, micros: number): number {
  return mulDivRound(Math.max(0, Math.round(micros)), num, den * MICROS);
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

/** The source as tasks read it: where it is, and what its clock says at the job's time zero. */
function timedSource(mediaInfo: MediaInfo, originMicros: number): TimedSource {
  const { source, demuxer, containerStartMicros } = mediaInfo;
  return { ...source, demuxer, containerStartMicros, originMicros };
}
