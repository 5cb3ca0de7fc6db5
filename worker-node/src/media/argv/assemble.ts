import { BASE_SECONDS } from '@millrace/shared/media/timeline.ts';
import { QUIET, STRIPPED } from './input.ts';

/** One faststart MP4 by stream copy: the video track on descriptor 3, the audio track on 4. */
export function assembleArgv(hasAudio: boolean, outputFile: string): string[] {
  return [
    ...QUIET,
    '-copyts',
    ...pipeInput(3),
    ...(hasAudio ? pipeInput(4) : []),
    ...['-map', '0:v:0', ...(hasAudio ? ['-map', '1:a:0'] : []), '-c', 'copy'],
    ...STRIPPED,
    ...['-output_ts_offset', `-${BASE_SECONDS}`],
    ...['-movflags', '+faststart', '-f', 'mp4', `file:${outputFile}`],
  ];
}

/** Our own segments: nothing to guess, so nothing is looked for. */
function pipeInput(descriptor: number): string[] {
  return ['-protocol_whitelist', 'pipe', '-f', 'mov', '-i', `pipe:${descriptor}`];
}
