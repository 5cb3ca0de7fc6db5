import { CODEC_WHITELIST, NAMED_ONLY, SUBTITLE_WHITELIST } from '../codecs.ts';
import { fence, type Input } from './input.ts';

/** ffprobe: container and streams as JSON, and the first packets of all of them when `packets` are asked for. */
export function probeArgv(input: Input, packets = 0): string[] {
  return [
    ...quietProbe(input),
    ...['-show_format', '-show_streams'],
    ...(packets > 0 ? ['-show_packets', '-read_intervals', `%+#${packets}`] : []),
    ...['-i', input.url],
  ];
}

/** ffprobe: packets of one interval ("%+#64", "12.5%") as JSON. */
export function packetsArgv(input: Input, streams: string, interval: string): string[] {
  return [
    ...quietProbe(input),
    ...['-select_streams', streams, '-read_intervals', interval],
    ...['-show_packets', '-i', input.url],
  ];
}

function quietProbe(input: Input): string[] {
  return [
    ...['-hide_banner', '-loglevel', 'level+error', '-of', 'json'],
    ...fence(input),
    ...['-codec_whitelist:v', `${CODEC_WHITELIST},${NAMED_ONLY.pictures.join(',')}`],
    ...['-codec_whitelist:s', `${SUBTITLE_WHITELIST},${NAMED_ONLY.subtitles.join(',')}`],
    ...['-codec_whitelist:a', `${CODEC_WHITELIST},${NAMED_ONLY.audio.join(',')}`],
  ];
}
