import { type Gain, PEAK_CEILING_DB } from '../media/argv/loudness.ts';

/** EBU R128 over a whole track. */
export interface Loudness {
  /** Integrated, in LUFS; -70 where nothing was loud enough to count. */
  lufs: number;
  /** True peak in dBTP; -Infinity for digital silence. */
  peakDb: number;
}

/** Below the gate there is nothing to bring anywhere. */
const SILENCE_LUFS = -69.9;
/** Coding takes a little away: nothing of most sound, up to half a unit of noise. */
const CODING_LOSS_LU = 0.15;
const CLOSE_ENOUGH_LU = 0.1;
/** Limiting takes more away, and it is given back and measured again, so many times. */
const MAX_TRIALS = 4;
/** A decibel more never gives less than this, short of a wall of sound. */
const LEAST_SLOPE = 0.3;

/** The gain that brings a track to `targetLufs`; null for silence, which stays. `measure` hears the track with a gain. */
export async function findGain(
  targetLufs: number,
  measure: (gain: Gain | null) => Promise<Loudness>,
): Promise<Gain | null> {
  const aim = targetLufs + CODING_LOSS_LU;
  const plain = await measure(null);
  if (plain.lufs <= SILENCE_LUFS) return null;
  let db = aim - plain.lufs;
  if (plain.peakDb + db <= PEAK_CEILING_DB) return { db, limited: false };
  let before = { db: 0, lufs: plain.lufs };
  let best = { db, off: Number.POSITIVE_INFINITY };
  for (let trial = 0; trial < MAX_TRIALS && Math.abs(best.off) > CLOSE_ENOUGH_LU; trial += 1) {
    const { lufs } = await measure({ db, limited: true });
    const off = aim - lufs;
    if (Math.abs(off) < Math.abs(best.off)) best = { db, off };
    const slope = db === before.db ? 1 : (lufs - before.lufs) / (db - before.db);
    before = { db, lufs };
    db += off / Math.min(1, Math.max(LEAST_SLOPE, slope));
  }
  return { db: best.db, limited: true };
}
