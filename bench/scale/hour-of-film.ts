import type { Fraction } from '@millrace/shared/media/fraction.ts';
import type { MediaInfo } from '@millrace/shared/media/media-info.ts';
import { type PlannedTask, planJob } from '@millrace/shared/media/plan.ts';
import type { Profile } from '@millrace/shared/media/profile.ts';

const HOUR_MICROS = 3_600_000_000;

/** An hour of 1080p with stereo sound. */
export function hourOfFilm(frameRate: Fraction): MediaInfo {
  return {
    source: { key: 'uploads/hour', sizeBytes: 2_000_000_000, etag: 'e' },
    ...{ demuxer: 'mov', uploadedFormat: 'mov', containerStartMicros: 0, originMicros: 0 },
    ...{ durationMicros: HOUR_MICROS, bitrateKbps: null, subtitles: [], skipped: [], digest: null },
    video: {
      ...{ index: 0, codec: 'h264', pixelFormat: 'yuv420p', codedWidth: 1920, codedHeight: 1080 },
      ...{ sampleAspectRatio: { num: 1, den: 1 }, rotation: 0, width: 1920, height: 1080 },
      ...{ frameRate, variableFrameRate: false, startMicros: 0, endMicros: HOUR_MICROS },
      ...{ endMeasured: true, colorTransfer: null, colorPrimaries: null, colorSpace: null },
      ...{ colorRange: null, fieldOrder: null, alpha: false, closedCaptions: false },
    },
    audio: [
      {
        ...{ index: 0, codec: 'aac', channels: 2, sampleRate: 48_000 },
        ...{ startMicros: 0, endMicros: HOUR_MICROS, language: null, title: null, isDefault: true },
        sampleExact: true,
      },
    ],
  };
}

/** The tasks that the planner makes for a fleet of so many slots. */
export function planOf(mediaInfo: MediaInfo, profile: Profile, slots: number): PlannedTask[] {
  const outcome = planJob({ mediaInfo, profile, fleet: { slots, audioSpans: true }, sidecars: [] });
  if (!outcome.planned) throw new Error(outcome.message);
  return outcome.tasks;
}
