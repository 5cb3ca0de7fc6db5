import type { SubtitlesSpec } from '../../task/task-spec.ts';
import type { PlannedSubtitles, PlannedTask, PlanRequest } from '../plan.ts';
import { RANK } from './rank.ts';
import { type Timeline, timelineMicros } from './timeline.ts';

/** Text is small: a minute at a time. */
const SEGMENT_MICROS = 60_000_000;

/** A WebVTT track of every text track of the source, and of every file that came beside it. */
export function planSubtitles({ mediaInfo, profile, sidecars }: PlanRequest, timeline: Timeline) {
  const durationMicros = Math.max(1, timelineMicros(timeline));
  const segments = Math.ceil(durationMicros / SEGMENT_MICROS);
  const wanted = [
    ...sidecars.map(({ file, language, title }) => ({
      from: { sidecar: file, originMicros: timeline.startMicros },
      ...{ language, title, isDefault: false, forced: false },
    })),
    ...(profile.subtitles ? mediaInfo.subtitles : []).map((stream) => {
      const { language, title, isDefault, forced } = stream;
      return { from: { source: timeline.source, stream }, language, title, isDefault, forced };
    }),
  ];
  const tracks = wanted.map(({ from: _, ...labels }, i): PlannedSubtitles => {
    return { track: trackName(i), ...labels, segmentMicros: SEGMENT_MICROS, segments };
  });
  const tasks = wanted.map(({ from }, i): PlannedTask => {
    const spec: SubtitlesSpec = {
      kind: 'subtitles',
      from,
      track: trackName(i),
      durationMicros,
      segmentMicros: SEGMENT_MICROS,
      segments,
    };
    return { name: spec.track, spec, dependsOn: [], rank: RANK.subtitles + i, needs: [], workTotal: 1 };
  });
  return { tracks, tasks };
}

function trackName(index: number): string {
  return `subs-${index}`;
}
