import { z } from 'zod';
import type { FailureCode } from '../task/failure-codes.ts';
import { type Pictures, sidecarRef, type TaskSpec } from '../task/task-spec.ts';
import { fraction } from './fraction.ts';
import { videoRendition } from './ladder.ts';
import type { MediaInfo } from './media-info.ts';
import { planAssembly } from './plan/assembly.ts';
import { planAudio } from './plan/audio-tasks.ts';
import { planPoster } from './plan/poster.ts';
import { planQuality } from './plan/quality.ts';
import { RANK } from './plan/rank.ts';
import { planStoryboard } from './plan/storyboard.ts';
import { planSubtitles } from './plan/subtitles.ts';
import { planTimeline } from './plan/timeline.ts';
import { planVideo } from './plan/video-tasks.ts';
import { audioCodec, type Profile, packagingFormat } from './profile.ts';

export const plannedAudio = z.object({
  track: z.string(),
  /** Alternates of one group differ in language, groups in their channels. */
  group: z.enum(['stereo', 'surround']),
  codec: audioCodec,
  sampleRate: z.int().positive(),
  channels: z.int().positive(),
  bitrateKbps: z.int().positive(),
  language: z.string().nullable(),
  title: z.string().nullable(),
  isDefault: z.boolean(),
});
export type PlannedAudio = z.infer<typeof plannedAudio>;

export const plannedSubtitles = z.object({
  track: z.string(),
  language: z.string().nullable(),
  title: z.string().nullable(),
  isDefault: z.boolean(),
  forced: z.boolean(),
  segmentMicros: z.int().positive(),
  segments: z.int().positive(),
});
export type PlannedSubtitles = z.infer<typeof plannedSubtitles>;

/** What the job will consist of: stored with the job, read by playback and publish. */
export const jobPlan = z.object({
  /** Of the grid: the job's frame rate, or that of the grid sound alone is cut on. */
  frameRate: fraction,
  gopFrames: z.int().positive(),
  totalFrames: z.int().positive(),
  /** Empty for sound alone. */
  renditions: z.array(videoRendition),
  /** The first is the one that plays by default. */
  audio: z.array(plannedAudio),
  subtitles: z.array(plannedSubtitles),
  /** CEA-608 or CEA-708 captions lie in the pictures of H.264 renditions. */
  closedCaptions: z.boolean(),
  packaging: z.array(packagingFormat),
  /** Slots that the chunks were cut for: see `Fleet`. */
  cutFor: z.int().nonnegative().optional(),
});
export type JobPlan = z.infer<typeof jobPlan>;

export interface PlannedTask {
  /** Unique in the plan; dependencies name it. */
  name: string;
  spec: Exclude<TaskSpec, { kind: 'fetch' | 'analyze' }>;
  dependsOn: string[];
  /** Order within the job: chunk 0 and the first audio go first, then what finishes a rendition. */
  rank: number;
  /** Capabilities a worker must have. */
  needs: string[];
  /** Frames, or what takes about as long: progress is the sum of these. */
  workTotal: number;
}

export interface Fleet {
  /** Slots of the workers that live now. */
  slots: number;
  /** Slots to cut chunks for in their place: those an earlier job was cut for, whose chunks are to be used again. */
  cutFor?: number;
  /** Each of these workers can encode a part of an audio track. */
  audioSpans?: boolean;
}

/** A subtitle file that came with the job, and what it is called. */
export const sidecar = z.object({
  file: sidecarRef,
  language: z.string().nullable(),
  title: z.string().nullable(),
});
export type Sidecar = z.infer<typeof sidecar>;

export interface PlanRequest {
  mediaInfo: MediaInfo;
  profile: Profile;
  fleet: Fleet;
  sidecars: readonly Sidecar[];
}

export type PlanOutcome =
  | { planned: true; plan: JobPlan; tasks: PlannedTask[] }
  | { planned: false; code: FailureCode; message: string };

/** Turns what was found and what was asked for into tasks. Pure: the same input gives the same plan. */
export function planJob(request: PlanRequest): PlanOutcome {
  const { mediaInfo, profile } = request;
  const wantsVideo = profile.renditions.length > 0;
  const video = wantsVideo ? mediaInfo.video : null;
  const hasAudio = profile.audio_tracks !== 'none' && mediaInfo.audio.length > 0;
  if (!video && !hasAudio) {
    const message = wantsVideo
      ? 'The source has neither pictures nor sound.'
      : 'The source has no sound, and the profile asks for nothing else.';
    return { planned: false, code: 'nothing_to_encode', message };
  }
  const timeline = planTimeline(mediaInfo, video, profile);
  if (!timeline) {
    const endMicros = video ? video.endMicros - mediaInfo.originMicros : mediaInfo.durationMicros;
    return {
      planned: false,
      code: 'trim_out_of_range',
      message: `The source ends after ${(endMicros / 1_000_000).toFixed(3)} s, before start_seconds.`,
    };
  }

  const pictures: Pictures | null = video && {
    source: timeline.source,
    video,
    frameRate: timeline.frameRate,
    gopFrames: timeline.gopFrames,
    deinterlace: timeline.deinterlace,
    background: video.alpha ? profile.background : null,
  };
  const videoPlan = planVideo(request, timeline, pictures);
  const audioPlan = planAudio(request, timeline);
  const subtitles = planSubtitles(request, timeline);
  const finishing = [
    ...planPoster(profile, timeline, pictures, videoPlan.renditions),
    ...planStoryboard(profile, timeline, videoPlan),
    ...planQuality(profile, pictures, videoPlan),
    ...planAssembly(profile, timeline, videoPlan, audioPlan),
  ];
  const before = [...videoPlan.tasks, ...audioPlan.tasks, ...subtitles.tasks, ...finishing];
  return {
    planned: true,
    plan: {
      frameRate: timeline.frameRate,
      gopFrames: timeline.gopFrames,
      totalFrames: timeline.totalFrames,
      renditions: videoPlan.renditions,
      audio: audioPlan.tracks,
      subtitles: subtitles.tracks,
      closedCaptions: video?.closedCaptions ?? false,
      packaging: profile.packaging,
      cutFor: request.fleet.cutFor ?? request.fleet.slots,
    },
    tasks: [...before, publishAfter(before)],
  };
}

/** Names of the tasks that nothing else waits for. */
export function lastOf(tasks: readonly Pick<PlannedTask, 'name' | 'dependsOn'>[]): string[] {
  const waitedFor = new Set(tasks.flatMap((task) => task.dependsOn));
  return tasks.map((task) => task.name).filter((name) => !waitedFor.has(name));
}

/** Waits for the last ones: everything before them is then done too. */
function publishAfter(tasks: readonly PlannedTask[]): PlannedTask {
  return {
    name: 'publish',
    spec: { kind: 'publish' },
    dependsOn: lastOf(tasks),
    rank: RANK.opening,
    needs: [],
    workTotal: 1,
  };
}
