import type { JobRow } from '../edge/tables.ts';
import type { Film } from '../film.ts';
import { trueSegments } from '../fleet/virtual-ffmpeg.ts';
import type { VirtualStorage } from '../virtual-storage.ts';
import type { Violations } from './violations.ts';

/** A completed job has everything it should have made, whole and once. */
export function checkCompleted(
  job: JobRow,
  film: Film,
  storage: VirtualStorage,
  violations: Violations,
): void {
  const { state } = job;
  for (const task of state.tasks.values()) {
    if (task.state !== 'done') {
      violations.report(
        'a completed job is wholly done',
        `${state.id}: ${task.id} (${task.kind}) is ${task.state}`,
      );
    }
  }
  const expected = new Map<string, number>();
  for (const { spec } of job.tasks.values()) {
    const { tracks, numbers } = trueSegments(spec, film.extraFrames);
    for (const track of tracks) {
      expected.set(track, (expected.get(track) ?? 0) + numbers.length);
      for (const number of numbers) {
        const row = job.segments.get(`${track}/${number}`);
        if (row && storage.has(row.key)) continue;
        violations.report('a completed job has every segment', `${state.id} lacks ${track}/${number}`);
      }
    }
  }
  for (const [track, count] of expected) {
    const numbers = [...job.segments.values()].filter((row) => row.track === track).map((row) => row.number);
    const unbroken = numbers.sort((a, b) => a - b).every((number, index) => number === index);
    if (!unbroken || numbers.length !== count) {
      violations.report(
        'a track is unbroken',
        `${state.id} has ${numbers.length} of ${count} segments of ${track}`,
      );
    }
    if (!job.tracks.has(track)) {
      violations.report('a track has an initialisation segment', `${state.id} lacks that of ${track}`);
    }
  }
}
