import { mulDivRound } from '../media/fraction.ts';
import { segmentStartFrame } from '../media/grid.ts';
import type { TaskSpec } from './task-spec.ts';

/** Object names inside an attempt. Both sides build them here: the edge to sign them, the worker to write them. */

export function initName(track: string): string {
  return `${track}/init.mp4`;
}

export function segmentName(track: string, number: number): string {
  return `${track}/${String(number).padStart(5, '0')}.m4s`;
}

/** What a fetch stores. Its container is not known yet. */
export const FETCHED_NAME = 'source';

export const POSTER_NAME = 'poster.jpg';

export function mp4Name(rendition: string): string {
  return `${rendition}.mp4`;
}

/** The copy that analyze makes of a container that cannot seek exactly, by the demuxer that reads it. */
export const REMUXED_NAMES = { mov: 'source.mp4', matroska: 'source.mkv' } as const;

/** How many segments past the plan a track may grow: headers understate lengths. More are signed on request. */
const SPARE_SEGMENTS = 2;

/** Every name an attempt is expected to write: signed with the claim. */
export function outputNames(spec: TaskSpec): string[] {
  switch (spec.kind) {
    case 'fetch':
      return [FETCHED_NAME];
    case 'analyze':
      return Object.values(REMUXED_NAMES);
    case 'encode-video': {
      const spare = spec.chunk.frames === null ? SPARE_SEGMENTS : 0;
      const count = spec.chunk.segmentFrames.length + spare;
      return spec.renditions.flatMap((rendition) =>
        trackNames(rendition.name, spec.chunk.firstSegment, count),
      );
    }
    case 'encode-audio':
      return trackNames(spec.track, 0, audioSegmentCount(spec) + SPARE_SEGMENTS);
    case 'poster':
      return [POSTER_NAME];
    case 'assemble':
      return [mp4Name(spec.rendition.name)];
    case 'publish':
      return [];
    default:
      return spec satisfies never;
  }
}

/** True for names of the shape that tasks of this kind write: what an attempt may ask to have signed later. */
export function mayWrite(spec: TaskSpec, name: string): boolean {
  if (outputNames(spec).includes(name)) return true;
  const tracks =
    spec.kind === 'encode-video'
      ? spec.renditions.map((rendition) => rendition.name)
      : spec.kind === 'encode-audio'
        ? [spec.track]
        : [];
  return tracks.some(
    (track) => name.startsWith(`${track}/`) && /^\d{5,7}\.m4s$/.test(name.slice(track.length + 1)),
  );
}

function trackNames(track: string, first: number, count: number): string[] {
  return [initName(track), ...Array.from({ length: count }, (_, i) => segmentName(track, first + i))];
}

/** Segments on the video grid that the track reaches into. */
function audioSegmentCount(spec: Extract<TaskSpec, { kind: 'encode-audio' }>): number {
  const frames = mulDivRound(spec.durationMicros, spec.frameRate.num, spec.frameRate.den * 1_000_000);
  let count = 1;
  while (segmentStartFrame(spec.gopFrames, count) < frames) count += 1;
  return count;
}
