import { type Fraction, reduce } from '../media/fraction.ts';
import type { VideoRendition } from '../media/ladder.ts';
import type { JobPlan } from '../media/plan.ts';

/** A track as announced: what its initialisation segment says, and the segments that stand. */
export interface PresentationTrack {
  codecs: string;
  /** In any order. */
  segments: readonly PresentationSegment[];
}

export interface PresentationSegment {
  number: number;
  /** In frames of the rendition, or in samples. */
  length: number;
  sizeBytes: number;
  /** From its beginning to the end of its first picture; 0 where that is not known. */
  keyBytes: number;
}

/** All that manifests are written from. */
export interface Presentation {
  plan: JobPlan;
  tracks: ReadonlyMap<string, PresentationTrack>;
  /** Sizes in bytes of the files that are stored, by name. */
  files: ReadonlyMap<string, number>;
  /** True when no more segments will come. */
  complete: boolean;
}

/** The longest run from segment 0 without a hole, in order. */
export function unbrokenPrefix(track: PresentationTrack | undefined): PresentationTrack['segments'] {
  const sorted = [...(track?.segments ?? [])].sort((a, b) => a.number - b.number);
  const hole = sorted.findIndex((segment, index) => segment.number !== index);
  return hole === -1 ? sorted : sorted.slice(0, hole);
}

export function hasBegun({ tracks }: Presentation, name: string): boolean {
  return tracks.get(name)?.segments.some(({ number }) => number === 0) ?? false;
}

/** Pictures per second of a rendition. */
export function renditionRate(plan: JobPlan, { frameStep }: Pick<VideoRendition, 'frameStep'>): Fraction {
  return reduce(plan.frameRate.num, plan.frameRate.den * frameStep);
}

/** What a track's segments are counted in: its pictures, or its samples. Null for a track that is not planned. */
export function unitsPerSecond(plan: JobPlan, name: string): Fraction | null {
  const rendition = plan.renditions.find((planned) => planned.name === name);
  if (rendition) return renditionRate(plan, rendition);
  const audio = plan.audio.find(({ track }) => track === name);
  return audio ? { num: audio.sampleRate, den: 1 } : null;
}

export interface Bandwidth {
  /** Bits per second of the track's most expensive segment. */
  peak: number;
  average: number;
}

/** Measured on a complete track; null while it grows. */
export function measure(presentation: Presentation, name: string): Bandwidth | null {
  const units = unitsPerSecond(presentation.plan, name);
  const segments = unbrokenPrefix(presentation.tracks.get(name));
  if (!presentation.complete || !units || segments.length === 0) return null;
  return bandwidthOf(segments, units, ({ sizeBytes }) => sizeBytes);
}

export function bandwidthOf(
  segments: readonly PresentationSegment[],
  units: Fraction,
  bytesOf: (segment: PresentationSegment) => number,
): Bandwidth {
  const perSecond = (bytes: number, length: number) => (bytes * 8 * units.num) / (length * units.den);
  return {
    peak: Math.max(
      ...withoutShortTail(
        segments.map((segment) => ({ bytes: bytesOf(segment), length: segment.length })),
      ).map(({ bytes, length }) => perSecond(bytes, length)),
    ),
    average: perSecond(
      segments.reduce((sum, segment) => sum + bytesOf(segment), 0),
      segments.reduce((sum, segment) => sum + segment.length, 0),
    ),
  };
}

interface Piece {
  bytes: number;
  length: number;
}

/** A keyframe with a picture or two after it says nothing about a bitrate: a short end counts with what it follows. */
function withoutShortTail(pieces: readonly Piece[]): Piece[] {
  const [last, before, ...others] = [...pieces].reverse();
  if (!last || !before || last.length * 2 >= before.length) return [...pieces];
  return [...others, { bytes: last.bytes + before.bytes, length: last.length + before.length }];
}
