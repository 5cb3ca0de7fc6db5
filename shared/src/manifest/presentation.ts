import type { Fraction } from '../media/fraction.ts';
import type { JobPlan } from '../media/plan.ts';
import { initName, segmentName } from '../task/outputs.ts';
import { type AudioGroupMember, mediaPlaylist, multivariantPlaylist, type VariantStream } from './hls.ts';

/** A track as announced: what its initialisation segment says, and the segments that stand. */
export interface PresentationTrack {
  codecs: string;
  /** In any order; `length` in frames for video, in samples for audio. */
  segments: readonly { number: number; length: number; sizeBytes: number }[];
}

/** All that manifests are written from. */
export interface Presentation {
  plan: JobPlan;
  tracks: ReadonlyMap<string, PresentationTrack>;
  /** True when no more segments will come. */
  complete: boolean;
}

/** The multivariant playlist, or null as long as a rendition or the audio has not begun: players never reload it. */
export function writeMultivariant(presentation: Presentation): string | null {
  const { plan, tracks } = presentation;
  const names = [...plan.renditions.map((r) => r.name), ...plan.audio.map((a) => a.track)];
  if (!names.every((name) => unbrokenPrefix(tracks.get(name)).length > 0)) return null;
  const audioBits = Math.max(
    0,
    ...plan.audio.map((a) => measure(presentation, a.track).peak ?? a.bitrateKbps * 1000),
  );
  const audioAverage = Math.max(0, ...plan.audio.map((a) => measure(presentation, a.track).average ?? 0));
  const audioCodecs = [...new Set(plan.audio.map((a) => tracks.get(a.track)?.codecs ?? ''))];
  const variants = plan.renditions.map((rendition): VariantStream => {
    const { peak, average } = measure(presentation, rendition.name);
    return {
      name: rendition.name,
      width: rendition.width,
      height: rendition.height,
      codecs: [tracks.get(rendition.name)?.codecs ?? '', ...audioCodecs],
      frameRate: plan.frameRate,
      bandwidth: Math.ceil((peak ?? rendition.maxBitrateKbps * 1000) + audioBits),
      averageBandwidth: average === null ? null : Math.ceil(average + audioAverage),
    };
  });
  return multivariantPlaylist(variants, plan.audio.map(audioMember));
}

/** The media playlist of a track: its unbroken prefix while the job runs, everything when it is complete. */
export function writeMedia(presentation: Presentation, name: string): string | null {
  const units = unitsPerSecond(presentation.plan, name);
  const segments = unbrokenPrefix(presentation.tracks.get(name));
  if (!units || segments.length === 0) return null;
  return mediaPlaylist({
    type: presentation.complete ? 'VOD' : 'EVENT',
    initUri: withoutFolder(initName(name)),
    segments: segments.map((s) => ({ uri: withoutFolder(segmentName(name, s.number)), length: s.length })),
    unitsPerSecond: units,
    targetDurationSeconds: targetDurationSeconds(presentation.plan),
  });
}

/** Peak and average bits per second of a complete track; null while it grows. */
export function measure(
  presentation: Presentation,
  name: string,
): { peak: number | null; average: number | null } {
  const units = unitsPerSecond(presentation.plan, name);
  const segments = unbrokenPrefix(presentation.tracks.get(name));
  if (!presentation.complete || !units || segments.length === 0) return { peak: null, average: null };
  const perSecond = (bytes: number, length: number) => (bytes * 8 * units.num) / (length * units.den);
  const bytes = segments.reduce((sum, s) => sum + s.sizeBytes, 0);
  const length = segments.reduce((sum, s) => sum + s.length, 0);
  return {
    peak: Math.max(...segments.map((s) => perSecond(s.sizeBytes, s.length))),
    average: perSecond(bytes, length),
  };
}

/** The longest run from segment 0 without a hole, in order. */
export function unbrokenPrefix(track: PresentationTrack | undefined): PresentationTrack['segments'] {
  const sorted = [...(track?.segments ?? [])].sort((a, b) => a.number - b.number);
  const hole = sorted.findIndex((segment, index) => segment.number !== index);
  return hole === -1 ? sorted : sorted.slice(0, hole);
}

function unitsPerSecond(plan: JobPlan, name: string): Fraction | null {
  if (plan.renditions.some((rendition) => rendition.name === name)) return plan.frameRate;
  const audio = plan.audio.find((track) => track.track === name);
  return audio ? { num: audio.sampleRate, den: 1 } : null;
}

/**
 * Rounded, as RFC 8216 compares it, and the same for the whole life of a playlist: two GOPs, and a tail of less than one
 * GOP that may join the last segment.
 */
function targetDurationSeconds(plan: JobPlan): number {
  return Math.max(1, Math.round((3 * plan.gopFrames * plan.frameRate.den) / plan.frameRate.num));
}

function audioMember(audio: JobPlan['audio'][number], index: number): AudioGroupMember {
  return {
    track: audio.track,
    label: audio.title ?? audio.language ?? `Audio ${index + 1}`,
    language: audio.language,
    channels: audio.channels,
    isDefault: index === 0,
  };
}

function withoutFolder(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}
