import { expect, test } from 'vitest';
import { type Progress, progressParser } from './progress.ts';

test('reports are read whole, however the pipe cuts them', () => {
  const text =
    'frame=12\nfps=0.0\nbitrate=N/A\ntotal_size=48\nout_time_us=-9223372036854775807\nprogress=continue\n' +
    'frame=250\ntotal_size=100000\nout_time_us=10000000\nspeed=3x\nprogress=end\n';
  for (const size of [1, 7, text.length]) {
    const seen: Progress[] = [];
    const push = progressParser((progress) => seen.push(progress));
    for (let at = 0; at < text.length; at += size) push(text.slice(at, at + size));
    expect(seen).toEqual([
      { frames: 12, outTimeMicros: null, totalBytes: 48, ended: false },
      { frames: 250, outTimeMicros: 10_000_000, totalBytes: 100_000, ended: true },
    ]);
  }
});
