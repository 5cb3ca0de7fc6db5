import type { StoryboardSpec } from '../../task/task-spec.ts';
import { even } from '../even.ts';
import type { PlannedTask } from '../plan.ts';
import type { Profile } from '../profile.ts';
import { RANK } from './rank.ts';
import type { Timeline } from './timeline.ts';
import { chunksOf, type VideoPlan } from './video-tasks.ts';

/** Pictures of a storyboard at most: closer together in short films than in long ones. */
const MAX_PICTURES = 150;
const LONG_SIDE = 192;
const COLUMNS = 5;
const ROWS = 5;

/** Drawn from the smallest rendition, whose keyframes lie where the pictures are wanted. */
export function planStoryboard(profile: Profile, timeline: Timeline, video: VideoPlan): PlannedTask[] {
  const rendition = smallest(video);
  if (!profile.storyboard || !rendition) return [];
  const { frameRate, gopFrames, totalFrames } = timeline;
  const gops = Math.ceil(totalFrames / gopFrames);
  const scale = LONG_SIDE / Math.max(rendition.width, rendition.height);
  const spec: StoryboardSpec = {
    kind: 'storyboard',
    rendition,
    frameRate,
    gopFrames,
    totalFrames,
    everyGops: Math.ceil(gops / MAX_PICTURES),
    width: even(rendition.width * scale),
    height: even(rendition.height * scale),
    columns: COLUMNS,
    rows: ROWS,
  };
  return [
    {
      name: 'storyboard',
      spec,
      dependsOn: chunksOf(video, rendition).map((task) => task.name),
      rank: RANK.finishing,
      needs: [],
      workTotal: 1,
    },
  ];
}

/** Of the codec that decodes fastest, where there is a choice. */
function smallest({ renditions }: VideoPlan) {
  const h264 = renditions.filter(({ codec }) => codec === 'h264');
  return [...(h264.length > 0 ? h264 : renditions)].sort(
    (a, b) => a.width * a.height - b.width * b.height,
  )[0];
}
