import type { Pictures } from '../../task/task-spec.ts';
import { isHdr } from '../colour.ts';
import { planGrid, plannedFrames } from '../grid.ts';
import { ladder, type VideoRendition } from '../ladder.ts';
import type { PlannedTask, PlanRequest } from '../plan.ts';
import type { VideoCodec } from '../profile.ts';
import { RANK } from './rank.ts';
import type { Timeline } from './timeline.ts';

export const ENCODERS: Record<VideoCodec, string> = {
  h264: 'libx264',
  hevc: 'libx265',
  av1: 'libsvtav1',
  vp9: 'libvpx-vp9',
};

export interface VideoPlan {
  renditions: VideoRendition[];
  tasks: (PlannedTask & { spec: { kind: 'encode-video' } })[];
}

/** One task for each chunk and codec: decoded once, all renditions of the codec. */
export function planVideo(
  { profile, fleet }: PlanRequest,
  { frameRate, gopFrames, totalFrames, cutsEnd }: Timeline,
  pictures: Pictures | null,
): VideoPlan {
  if (!pictures) return { renditions: [], tasks: [] };
  const renditions = ladder(pictures.video, profile, frameRate);
  const codecs = [...new Set(renditions.map(({ codec }) => codec))];
  const slots = fleet.cutFor ?? fleet.slots;
  const cut = planGrid({ frameRate, gopFrames, totalFrames, slots, exactEnd: cutsEnd });
  const tasks = cut.chunks.flatMap((chunk) =>
    codecs.map((codec) => ({
      name: chunkName(chunk.index, codec),
      spec: {
        kind: 'encode-video' as const,
        ...pictures,
        chunk,
        renditions: renditions.filter((rendition) => rendition.codec === codec),
        preset: profile.preset,
        threads: threadsOf(chunk.index, cut.chunks.length, fleet.slots),
      },
      dependsOn: [],
      rank: chunk.index === 0 ? RANK.opening : RANK.chunks + chunk.index,
      needs: [ENCODERS[codec], ...(isHdr(pictures.video) ? ['zscale'] : [])],
      workTotal: plannedFrames(chunk),
    })),
  );
  return { renditions, tasks };
}

/** A core that has nothing left to do helps one that has. */
const CLOSING_THREADS = 2;

/** Chunks side by side have a thread each, but for the first, which a viewer waits for, and those that end the film. */
function threadsOf(index: number, chunks: number, slots: number): number {
  if (index === 0 || slots <= 1) return 0;
  return index < chunks - slots ? 1 : CLOSING_THREADS;
}

function chunkName(index: number, codec: VideoCodec): string {
  return `chunk-${index}-${codec}`;
}

/** The chunks that a rendition is made of. */
export function chunksOf(plan: VideoPlan, rendition: VideoRendition): VideoPlan['tasks'] {
  return plan.tasks.filter((task) => task.spec.renditions.some(({ name }) => name === rendition.name));
}
