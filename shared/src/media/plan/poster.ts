import type { Pictures } from '../../task/task-spec.ts';
import { isHdr } from '../colour.ts';
import type { VideoRendition } from '../ladder.ts';
import type { PlannedTask } from '../plan.ts';
import type { Profile } from '../profile.ts';
import { frameMicros } from '../timeline.ts';
import { RANK } from './rank.ts';
import { type Timeline, timelineMicros } from './timeline.ts';

/** The frame that was asked for, or one of the first tenth: films have begun then and not yet given themselves away. */
export function planPoster(
  profile: Profile,
  timeline: Timeline,
  pictures: Pictures | null,
  renditions: readonly VideoRendition[],
): PlannedTask[] {
  if (!pictures) return [];
  const largest =
    [...renditions].sort((a, b) => b.height * b.width - a.height * a.width)[0] ?? pictures.video;
  const length = timelineMicros(timeline);
  const asked = profile.poster_at_seconds;
  const lastFrame = frameMicros(timeline.frameRate, timeline.totalFrames - 1);
  const atMicros =
    asked === undefined ? Math.floor(length / 10) : Math.min(lastFrame, Math.round(asked * 1e6));
  const { width, height } = largest;
  return [
    {
      name: 'poster',
      spec: { kind: 'poster', ...pictures, atMicros, exact: asked !== undefined, width, height },
      dependsOn: [],
      rank: RANK.poster,
      needs: isHdr(pictures.video) ? ['zscale'] : [],
      workTotal: 1,
    },
  ];
}
