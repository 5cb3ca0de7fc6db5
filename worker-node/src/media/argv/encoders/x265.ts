import { bufferedRate } from './buffered-rate.ts';
import type { Encoding } from './encoder-argv.ts';

export function x265Argv({ rendition, preset, threads, gopFrames }: Encoding): string[] {
  const params = [
    // Otherwise the headers name the number of cores, and whether there is a pool of threads to share rows among.
    ...['info=0', 'wpp=1'],
    ...(threads > 0 ? [`pools=${threads}`] : []),
    ...['open-gop=0', 'scenecut=0', `keyint=${gopFrames}`, `min-keyint=${gopFrames}`],
    // A short chunk of a given average must not begin by emptying a full buffer.
    ...(rendition.bitrateKbps === null ? [] : ['vbv-init=0.3']),
    'log-level=warning',
  ];
  return [
    ...['-c:v', 'libx265', '-preset', preset, '-tag:v', 'hvc1'],
    ...bufferedRate(rendition),
    ...['-threads', String(threads), '-g', String(gopFrames), '-x265-params', params.join(':')],
  ];
}
