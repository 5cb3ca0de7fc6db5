import { z } from 'zod';
import type { TaskSpec } from '../task/task-spec.ts';
import { fraction, mulDivRound } from './fraction.ts';
import { planGrid } from './grid.ts';
import { ladder, videoRendition } from './ladder.ts';
import type { AudioStreamInfo, MediaInfo, VideoStreamInfo } from './media-info.ts';
import type { Profile } from './profile.ts';

/** What the job will consist of: stored with the job, read by playback and publish. */
export const jobPlan = z.object({
  frameRate: fraction,
  gopFrames: z.int().positive(),
  totalFrames: z.int().positive(),
  renditions: z.array(videoRendition).min(1),
  audio: z.array(
    z.object({
      track: z.string(),
      sampleRate: z.int().positive(),
      channels: z.int().positive(),
      bitrateKbps: z.int().positive(),
      language: z.string().nullable(),
      title: z.string().nullable(),
    }),
  ),
  packaging: z.array(z.enum(['hls', 'mp4'])),
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
}

export type PlanOutcome =
  | { planned: true; plan: JobPlan; tasks: PlannedTask[] }
  | { planned: false; code: 'no_video'; message: string };

const MICROS = 1_000_000;
/** AAC runs about this many times faster than video encoding, by frames' worth of time. */
const AUDIO_SPEED = 20;
const COPY_SPEED = 50;
const RANK = { opening: 0, finishing: 10, chunks: 100, poster: 50 } as const;

/** Turns what was found and what was asked for into tasks. Pure: the same input gives the same plan. */
export function planJob(mediaInfo: MediaInfo, profile: Profile, fleet: Fleet): PlanOutcome {
  const { video } = mediaInfo;
  if (!video) return { planned: false, code: 'no_video', message: 'The source has no video stream.' };
  const renditions = ladder(video, profile);
  const totalFrames = countFrames(video, mediaInfo.originMicros);
  const cut = planGrid(video.frameRate, totalFrames, fleet.slots);
  const source = timedSource(mediaInfo);
  const audio = mediaInfo.audio.slice(0, 1);

  const encodeVideo = cut.chunks.map((chunk): PlannedTask => {
    return {
      name: `chunk-${chunk.index}`,
      spec: {
        kind: 'encode-video',
        source,
        video,
        frameRate: cut.frameRate,
        gopFrames: cut.gopFrames,
        chunk,
        renditions,
        preset: profile.preset,
        threads: chunk.index === 0 ? 0 : 1,
      },
      dependsOn: [],
      rank: chunk.index === 0 ? RANK.opening : RANK.chunks + chunk.index,
      needs: ['libx264'],
      workTotal: chunk.segmentFrames.reduce((sum, frames) => sum + frames, 0),
    };
  });

  const encodeAudio = audio.map((stream, index): PlannedTask => {
    const durationMicros = Math.max(1, stream.endMicros - mediaInfo.originMicros);
    return {
      name: `audio-${index}`,
      spec: {
        kind: 'encode-audio',
        source,
        audio: stream,
        track: `audio-${index}`,
        bitrateKbps: profile.audio_bitrate_kbps,
        sampleRate: stream.sampleRate === 44_100 ? 44_100 : 48_000,
        channels: stream.channels === 1 ? 1 : 2,
        frameRate: cut.frameRate,
        gopFrames: cut.gopFrames,
        durationMicros,
      },
      dependsOn: [],
      rank: RANK.opening + 1,
      needs: ['aac'],
      workTotal: 1 + Math.floor(totalFrames / AUDIO_SPEED),
    };
  });

  const poster = posterTask(mediaInfo, video, renditions[0]);
  const encoded = [...encodeVideo, ...encodeAudio].map((task) => task.name);
  const assemble = !profile.packaging.includes('mp4')
    ? []
    : renditions.map(
        (rendition): PlannedTask => ({
          name: `mp4-${rendition.name}`,
          spec: {
            kind: 'assemble',
            rendition,
            frameRate: cut.frameRate,
            audioTrack: audio.length > 0 ? 'audio-0' : null,
          },
          dependsOn: encoded,
          rank: RANK.finishing,
          needs: [],
          workTotal: 1 + Math.floor(totalFrames / COPY_SPEED),
        }),
      );
  const publish: PlannedTask = {
    name: 'publish',
    spec: { kind: 'publish' },
    dependsOn: [poster.name, ...(assemble.length > 0 ? assemble.map((task) => task.name) : encoded)],
    rank: RANK.opening,
    needs: [],
    workTotal: 1,
  };

  return {
    planned: true,
    plan: {
      frameRate: cut.frameRate,
      gopFrames: cut.gopFrames,
      totalFrames,
      renditions,
      audio: encodeAudio.map((task, index) => describeAudio(task, audio[index])),
      packaging: profile.packaging,
    },
    tasks: [...encodeVideo, ...encodeAudio, poster, ...assemble, publish],
  };
}

function countFrames(video: VideoStreamInfo, originMicros: number): number {
  const micros = video.endMicros - originMicros;
  return Math.max(1, mulDivRound(Math.max(0, micros), video.frameRate.num, video.frameRate.den * MICROS));
}

function timedSource(mediaInfo: MediaInfo) {
  return {
    ...mediaInfo.source,
    demuxer: mediaInfo.demuxer,
    containerStartMicros: mediaInfo.containerStartMicros,
    originMicros: mediaInfo.originMicros,
  };
}

/** A picture from the first tenth, where films have begun and have not yet given themselves away. */
function posterTask(
  mediaInfo: MediaInfo,
  video: VideoStreamInfo,
  largest: { width: number; height: number } | undefined,
): PlannedTask {
  return {
    name: 'poster',
    spec: {
      kind: 'poster',
      source: timedSource(mediaInfo),
      video,
      atMicros: Math.floor((video.endMicros - mediaInfo.originMicros) / 10),
      width: largest?.width ?? video.width,
      height: largest?.height ?? video.height,
    },
    dependsOn: [],
    rank: RANK.poster,
    needs: [],
    workTotal: 1,
  };
}

function describeAudio(task: PlannedTask, stream: AudioStreamInfo | undefined): JobPlan['audio'][number] {
  if (task.spec.kind !== 'encode-audio') throw new Error(`${task.name} is not an audio task`);
  const { track, sampleRate, channels, bitrateKbps } = task.spec;
  return {
    track,
    sampleRate,
    channels,
    bitrateKbps,
    language: stream?.language ?? null,
    title: stream?.title ?? null,
  };
}
