import { type Fraction, toNumber } from '@millrace/shared/media/fraction.ts';
import { TaskFailure } from '../task-failure.ts';
import { LIMITS } from './limits.ts';

/** Throws `source_exceeds_limits` when the source lasts too long, or would become too many frames. */
export function checkLength(frameRate: Fraction | null, durationMicros: number): void {
  const seconds = durationMicros / 1_000_000;
  if (durationMicros > LIMITS.durationMicros) {
    throw new TaskFailure('source_exceeds_limits', `${Math.round(seconds)} s long`);
  }
  const frames = frameRate ? Math.round(seconds * toNumber(frameRate)) : 0;
  if (frames > LIMITS.frames) {
    throw new TaskFailure('source_exceeds_limits', `${frames} frames, at most ${LIMITS.frames}`);
  }
}
