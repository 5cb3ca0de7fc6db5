import type { Pictures } from '../../task/task-spec.ts';
import type { PlannedTask } from '../plan.ts';
import type { Profile } from '../profile.ts';
import { RANK } from './rank.ts';
import type { VideoPlan } from './video-tasks.ts';

/** Chunks that are looked at, at even distances, and seconds of each. */
const SAMPLES = 5;

/** A GOP out of every so manyth chunk is compared with what went into its encoder. */
export function planQuality(profile: Profile, pictures: Pictures | null, video: VideoPlan): PlannedTask[] {
  if (!profile.measure_quality || !pictures) return [];
  return [...new Set(video.renditions.map(({ codec }) => codec))].flatMap((codec) => {
    const chunks = video.tasks.filter((task) => task.spec.renditions[0]?.codec === codec);
    const every = Math.ceil(chunks.length / SAMPLES);
    return chunks
      .filter((_, i) => i % every === Math.floor(every / 2) || chunks.length === 1)
      .map(({ name, spec, needs }): PlannedTask => {
        const { chunk, renditions } = spec;
        const frames = Math.min(pictures.gopFrames, chunk.segmentFrames[0] ?? 1);
        return {
          name: `quality-${name}`,
          spec: {
            kind: 'measure-quality',
            ...pictures,
            renditions,
            segment: chunk.firstSegment,
            startFrame: chunk.startFrame,
            frames,
          },
          dependsOn: [name],
          rank: RANK.quality,
          needs: needs.filter((need) => need === 'zscale'),
          workTotal: frames,
        };
      });
  });
}
