import type { VideoRendition } from '@millrace/shared/media/ladder.ts';
import type { EncoderPreset } from '@millrace/shared/media/profile.ts';
import type { Encoding } from './encoder-argv.ts';

/** What comes nearest in effort. `good` has nothing above 5. */
const PRESETS: Record<EncoderPreset, { deadline: 'realtime' | 'good'; cpuUsed: number }> = {
  ultrafast: { deadline: 'realtime', cpuUsed: 8 },
  superfast: { deadline: 'realtime', cpuUsed: 6 },
  veryfast: { deadline: 'good', cpuUsed: 5 },
  faster: { deadline: 'good', cpuUsed: 4 },
  fast: { deadline: 'good', cpuUsed: 3 },
  medium: { deadline: 'good', cpuUsed: 2 },
  slow: { deadline: 'good', cpuUsed: 1 },
};

/** Hidden frames come in one packet with the picture after them, so that a sample is always a picture. */
export function vp9Argv({ rendition, preset, threads, gopFrames }: Encoding): string[] {
  const { deadline, cpuUsed } = PRESETS[preset];
  return [
    ...['-c:v', 'libvpx-vp9', '-deadline', deadline, '-cpu-used', String(cpuUsed), '-row-mt', '1'],
    ...rate(rendition),
    ...['-threads', String(threads)],
    ...['-g', String(gopFrames), '-keyint_min', String(gopFrames)],
    ...['-force_key_frames', `expr:eq(mod(n,${gopFrames}),0)`],
  ];
}

/** Beside a quality, libvpx takes the average for the most that may come out: that is its cap. */
function rate({ crf, bitrateKbps, maxBitrateKbps }: VideoRendition): string[] {
  if (bitrateKbps === null) return ['-crf', String(crf ?? 0), '-b:v', `${maxBitrateKbps}k`];
  return ['-b:v', `${bitrateKbps}k`, '-maxrate', `${maxBitrateKbps}k`, '-bufsize', `${maxBitrateKbps}k`];
}
