import type { EncoderPreset } from '@millrace/shared/media/profile.ts';
import { bufferedRate } from './buffered-rate.ts';
import type { Encoding } from './encoder-argv.ts';

export function x264Argv(encoding: Encoding): string[] {
  const { rendition, preset, threads, gopFrames } = encoding;
  const zones = ratedApart(encoding);
  const params = [
    // By default a chunk of a few seconds may miss its average by a third.
    ...(rendition.bitrateKbps === null ? [] : ['ratetol=0.3']),
    ...(zones.length > 0 ? [`zones=${zones.join('/')}`] : []),
  ];
  return [
    ...['-c:v', 'libx264', '-preset', preset],
    ...bufferedRate(rendition),
    ...['-threads', String(threads)],
    ...['-g', String(gopFrames), '-keyint_min', String(gopFrames), '-sc_threshold', '0'],
    ...['-force_key_frames', `expr:eq(mod(n,${gopFrames}),0)`, '-flags', '+cgop'],
    ...(params.length > 0 ? ['-x264-params', params.join(':')] : []),
  ];
}

/** Pictures that the rate control has to treat in a way of their own, so that a seam looks like any other GOP's end. */
function ratedApart({ preset, afterSeam, beforeSeam, frames }: Encoding): string[] {
  const zones: string[] = [];
  // x264 gives its very first keyframe 3 QP less than those that follow (no `ipratio`).
  if (afterSeam) zones.push('0,0,b=1.4');
  // And its very last picture 4 QP more, because it sees nothing coming.
  if (beforeSeam && frames !== null && LOOKS_AHEAD[preset]) zones.push(`${frames - 1},${frames - 1},b=1.6`);
  return zones;
}

/** Presets that rate pictures by what comes after them. */
const LOOKS_AHEAD: Record<EncoderPreset, boolean> = {
  ultrafast: false,
  superfast: false,
  veryfast: true,
  faster: true,
  fast: true,
  medium: true,
  slow: true,
};
