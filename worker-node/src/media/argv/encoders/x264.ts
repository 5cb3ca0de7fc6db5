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

/** Stretches that the rate control has to treat in a way of their own. */
function ratedApart({ afterSeam, frames, leadOut }: Encoding): string[] {
  const zones: string[] = [];
  // x264 gives its very first keyframe 3 QP less than those that follow (no `ipratio`): not at a seam.
  if (afterSeam) zones.push('0,0,b=1.4');
  // It only has to see what is thrown away; at the coarsest quantizer coding it takes the least time.
  if (frames !== null && leadOut > 0) zones.push(`${frames},${frames + leadOut - 1},q=51`);
  return zones;
}
