import type { JobPlan, PlannedSubtitles } from '../media/plan.ts';
import { frameMicros } from '../media/timeline.ts';
import { initName, segmentName, subtitlesName, subtitlesSegmentName } from '../task/outputs.ts';
import { mediaPlaylist } from './hls.ts';
import { type Presentation, unbrokenPrefix, unitsPerSecond } from './presentation.ts';

const MICROS = { num: 1_000_000, den: 1 };

/**
 * The media playlist of a track: its unbroken prefix while the job runs, everything when it is complete. Null when there
 * is nothing to list yet, or no such track.
 */
export function writeMedia(presentation: Presentation, name: string): string | null {
  const subtitles = presentation.plan.subtitles.find(({ track }) => track === name);
  if (subtitles) return writeSubtitles(presentation, subtitles);
  const list = segmentList(presentation, name);
  return (
    list &&
    mediaPlaylist({
      ...list,
      segments: list.segments.map(({ number, length }) => ({ uri: segmentUri(name, number), length })),
    })
  );
}

/** The playlist of a rendition's keyframes: the first picture of each segment. Null where their sizes are not known. */
export function writeIFrames(presentation: Presentation, name: string): string | null {
  if (!presentation.plan.renditions.some((rendition) => rendition.name === name)) return null;
  const list = segmentList(presentation, name);
  if (!list || list.segments.some(({ keyBytes }) => keyBytes === 0)) return null;
  return mediaPlaylist({
    ...list,
    segments: list.segments.map(({ number, length, keyBytes }) => {
      return { uri: segmentUri(name, number), length, keyBytes };
    }),
  });
}

function segmentList(presentation: Presentation, name: string) {
  const units = unitsPerSecond(presentation.plan, name);
  const segments = unbrokenPrefix(presentation.tracks.get(name));
  if (!units || segments.length === 0) return null;
  return {
    type: presentation.complete ? ('VOD' as const) : ('EVENT' as const),
    initUri: withoutFolder(initName(name)),
    segments,
    unitsPerSecond: units,
    targetDurationSeconds: targetDurationSeconds(presentation.plan),
  };
}

/** Text is written whole: its playlist is final while the pictures still grow. */
function writeSubtitles({ plan, files }: Presentation, planned: PlannedSubtitles): string | null {
  const { track, segmentMicros, segments } = planned;
  if (!files.has(subtitlesName(track))) return null;
  const end = Math.max(1, frameMicros(plan.frameRate, plan.totalFrames));
  const lengths = Array.from({ length: segments }, (_, i) =>
    i < segments - 1 ? segmentMicros : end - i * segmentMicros,
  );
  return mediaPlaylist({
    type: 'VOD',
    initUri: null,
    segments: lengths.map((length, i) => {
      return { uri: withoutFolder(subtitlesSegmentName(track, i)), length };
    }),
    unitsPerSecond: MICROS,
    targetDurationSeconds: Math.max(1, Math.round(Math.max(...lengths) / MICROS.num)),
  });
}

/**
 * Rounded, as RFC 8216 compares it, and the same for the whole life of a playlist: two GOPs, and a tail of less than one
 * GOP that may join the last segment.
 */
function targetDurationSeconds(plan: JobPlan): number {
  return Math.max(1, Math.round((3 * plan.gopFrames * plan.frameRate.den) / plan.frameRate.num));
}

function segmentUri(name: string, number: number): string {
  return withoutFolder(segmentName(name, number));
}

function withoutFolder(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
