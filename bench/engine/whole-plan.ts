import type { MediaInfo } from '@millrace/shared/media/media-info.ts';
import { planJob } from '@millrace/shared/media/plan.ts';
import type { Profile } from '@millrace/shared/media/profile.ts';
import type { EncodeAudioSpec, EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';

/** What a job makes of a source, as if nothing were cut into chunks. */
export interface WholePlan {
  /** One task for all pictures, with as many encoder threads as the encoder likes. */
  video: EncodeVideoSpec;
  /** The track that plays by default. */
  audio: EncodeAudioSpec | null;
  /** The chunks it is really cut into. */
  chunks: EncodeVideoSpec[];
}

/** By the planner itself, so that what is compared cannot drift apart. Throws for a source of no pictures. */
export function wholePlan(mediaInfo: MediaInfo, profile: Profile, slots: number): WholePlan {
  const outcome = planJob({ mediaInfo, profile, fleet: { slots }, sidecars: [] });
  if (!outcome.planned) throw new Error(outcome.message);
  const specs = outcome.tasks.map(({ spec }) => spec);
  const chunks = specs.filter((spec) => spec.kind === 'encode-video');
  const [first] = chunks;
  if (!first) throw new Error('the source has no pictures');
  const segmentFrames = chunks.flatMap(({ chunk }) => chunk.segmentFrames);
  return {
    video: { ...first, threads: 0, chunk: { ...first.chunk, frames: null, segmentFrames } },
    audio: specs.find((spec) => spec.kind === 'encode-audio') ?? null,
    chunks,
  };
}
