import { bufferedRate } from './buffered-rate.ts';
import type { Encoding } from './encoder-argv.ts';

export function x264Argv({ rendition, preset, threads, gopFrames, afterSeam }: Encoding): string[] {
  const params = [
    // By default a chunk of a few seconds may miss its average by a third.
    ...(rendition.bitrateKbps === null ? [] : ['ratetol=0.3']),
    // x264 gives its very first keyframe 3 QP less than those that follow (no `ipratio`): not at a seam.
    ...(afterSeam ? ['zones=0,0,b=1.4'] : []),
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
