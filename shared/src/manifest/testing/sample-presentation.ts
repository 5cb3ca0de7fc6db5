import type { VideoRendition } from '../../media/ladder.ts';
import type { JobPlan, PlannedAudio, PlannedSubtitles } from '../../media/plan.ts';
import { subtitlesName } from '../../task/outputs.ts';
import type { Presentation, PresentationTrack } from '../presentation.ts';

/** 6.006 s at 29.97 pictures a second, in two segments of two and four seconds: 720p and 480p with one stereo track. */
export function samplePlan(changes: Partial<JobPlan> = {}): JobPlan {
  return {
    frameRate: { num: 30_000, den: 1001 },
    gopFrames: 60,
    totalFrames: 180,
    renditions: [rendition({}), rendition({ name: '480p', width: 854, height: 480, maxBitrateKbps: 1_800 })],
    audio: [audioTrack({})],
    subtitles: [],
    closedCaptions: false,
    packaging: ['hls', 'dash', 'mp4'],
    ...changes,
  };
}

export function rendition(changes: Partial<VideoRendition>): VideoRendition {
  return {
    ...{ name: '720p', codec: 'h264', width: 1280, height: 720, crf: 23, bitrateKbps: null },
    ...{ maxBitrateKbps: 3_800, frameStep: 1 },
    ...changes,
  };
}

export function audioTrack(changes: Partial<PlannedAudio>): PlannedAudio {
  return {
    ...{ track: 'audio-0', group: 'stereo', codec: 'aac', sampleRate: 48_000, channels: 2, bitrateKbps: 128 },
    ...{ language: 'eng', title: null, isDefault: true },
    ...changes,
  };
}

export function subtitleTrack(changes: Partial<PlannedSubtitles>): PlannedSubtitles {
  return {
    ...{ track: 'subs-0', language: 'eng', title: null, isDefault: false, forced: false },
    ...{ segmentMicros: 4_000_000, segments: 2 },
    ...changes,
  };
}

const CODECS = { h264: 'avc1.64001f', hevc: 'hvc1.1.6.L93.B0', vp9: 'vp09.00.31.08', av1: 'av01.0.05M.08' };

/** All of it as it stands when the job is done, or those segments of it that are given. */
export function samplePresentation(
  plan: JobPlan = samplePlan(),
  { complete = true, segments = {} }: { complete?: boolean; segments?: Record<string, number[]> } = {},
): Presentation {
  const tracks = new Map<string, PresentationTrack>();
  const add = (name: string, track: PresentationTrack) => {
    const wanted = segments[name];
    const chosen = wanted
      ? track.segments.filter(({ number }) => wanted.includes(number))
      : complete
        ? track.segments
        : [];
    if (chosen.length > 0) tracks.set(name, { ...track, segments: chosen });
  };
  for (const { name, codec, frameStep } of plan.renditions) {
    const made = { sizeBytes: 250_000, keyBytes: 50_000 };
    add(name, {
      codecs: CODECS[codec],
      segments: [
        { number: 1, length: 120 / frameStep, ...made },
        { number: 0, length: 60 / frameStep, ...made },
        { number: 3, length: 1, ...made },
      ].filter(({ number }) => number < 2 || wantsHole(segments[name])),
    });
  }
  for (const { track, codec } of plan.audio) {
    add(track, {
      codecs: codec === 'aac' ? 'mp4a.40.2' : 'opus',
      segments: [
        { number: 0, length: 97_280, sizeBytes: 10_000, keyBytes: 0 },
        { number: 1, length: 192_512, sizeBytes: 20_000, keyBytes: 0 },
      ],
    });
  }
  const files = complete
    ? plan.subtitles.map(({ track }): [string, number] => [subtitlesName(track), 600])
    : [];
  return { plan, tracks, files: new Map(files), complete };
}

function wantsHole(numbers: number[] | undefined): boolean {
  return numbers?.includes(3) ?? false;
}
