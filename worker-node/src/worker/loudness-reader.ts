import { LOUDNESS_KEY, PEAK_KEY } from '../media/argv/loudness.ts';
import type { Loudness } from './find-gain.ts';
import { BrokenClock } from './sound-pass.ts';

/** Reads what the meter prints, and keeps the last word. A track too short for the meter counts as silent. */
export function createLoudnessReader() {
  const last = new Map<string, number>();
  const reader = () => {
    let rest = '';
    let time = Number.NEGATIVE_INFINITY;
    return (bytes: Buffer) => {
      const lines = (rest + bytes.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const pts = /^frame:\d+ +pts:(-?\d+)/.exec(line)?.[1];
        if (pts !== undefined) {
          if (Number(pts) <= time) throw new BrokenClock('the meter began anew');
          time = Number(pts);
          continue;
        }
        const [key = '', value = ''] = line.split('=');
        if (Number.isFinite(Number(value))) last.set(key, Number(value));
      }
    };
  };
  return {
    outputs: [reader(), reader()],
    result: (): Loudness => ({
      lufs: last.get(LOUDNESS_KEY) ?? Number.NEGATIVE_INFINITY,
      peakDb: 20 * Math.log10(last.get(PEAK_KEY) ?? 0),
    }),
  };
}
