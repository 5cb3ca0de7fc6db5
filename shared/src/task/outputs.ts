import { segmentCount, WHOLE_TRACK } from '../media/audio-span.ts';
import type { EncodeAudioSpec, StoredFile, StoryboardSpec, TaskResult, TaskSpec } from './task-spec.ts';

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

export function m4aName(track: string): string {
  return `${track}.m4a`;
}

/** A subtitle track in one piece, and the pieces it is played in. */
export function subtitlesName(track: string): string {
  return `${track}.vtt`;
}

export function subtitlesSegmentName(track: string, number: number): string {
  return `${track}/${String(number).padStart(5, '0')}.vtt`;
}

export const STORYBOARD_NAME = 'storyboard.vtt';

export function storyboardSheetName(number: number): string {
  return `storyboard-${String(number).padStart(3, '0')}.jpg`;
}

/** Sheets of a storyboard, by its plan; a film that runs a little longer fills one more. */
export function storyboardSheets(spec: StoryboardSpec): number {
  const pictures = Math.ceil(Math.ceil(spec.totalFrames / spec.gopFrames) / spec.everyGops);
  return Math.ceil(pictures / (spec.columns * spec.rows)) + 1;
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
      return audioNames(spec);
    case 'poster':
      return [POSTER_NAME];
    case 'subtitles':
      return [
        subtitlesName(spec.track),
        ...Array.from({ length: spec.segments }, (_, i) => subtitlesSegmentName(spec.track, i)),
      ];
    case 'storyboard':
      return [
        STORYBOARD_NAME,
        ...Array.from({ length: storyboardSheets(spec) }, (_, i) => storyboardSheetName(i)),
      ];
    case 'measure-quality':
      return [];
    case 'assemble':
      return [spec.name];
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

/** Files that a completed attempt says it stored, beside the segments of its tracks. */
export function filesOf(result: TaskResult): StoredFile[] {
  switch (result.kind) {
    case 'poster':
    case 'assemble':
      return [{ name: result.name, sizeBytes: result.sizeBytes }];
    case 'subtitles':
    case 'storyboard':
      return result.files;
    case 'fetch':
    case 'analyze':
    case 'encode-video':
    case 'encode-audio':
    case 'measure-quality':
    case 'publish':
      return [];
    default:
      return result satisfies never;
  }
}

function trackNames(track: string, first: number, count: number): string[] {
  return [initName(track), ...Array.from({ length: count }, (_, i) => segmentName(track, first + i))];
}

function audioNames(spec: EncodeAudioSpec): string[] {
  const { firstSegment, endSegment } = spec.span ?? WHOLE_TRACK;
  const end = endSegment ?? segmentCount(spec) + SPARE_SEGMENTS;
  return trackNames(spec.track, firstSegment, end - firstSegment);
}
