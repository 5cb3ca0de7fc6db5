import type { SubtitlesSpec } from '@millrace/shared/task/task-spec.ts';
import { TEXT_SUBTITLES } from '../codecs.ts';
import { fence, QUIET, secondsText } from './input.ts';

/** What comes out of the pipe. */
export type SubtitleText = 'srt' | 'ass' | 'webvtt';

/** Text is copied as the source has it, so that no decoder sees it and nothing is lost. What is not text is decoded. */
const HOW: Readonly<Record<string, { copy: boolean; text: SubtitleText }>> = {
  subrip: { copy: true, text: 'srt' },
  text: { copy: true, text: 'srt' },
  ass: { copy: true, text: 'ass' },
  webvtt: { copy: true, text: 'webvtt' },
  mov_text: { copy: false, text: 'webvtt' },
  eia_608: { copy: false, text: 'webvtt' },
};

/** Null for codecs that nothing is made of. */
export function subtitleText(codec: string): SubtitleText | null {
  return Object.hasOwn(HOW, codec) ? (HOW[codec]?.text ?? null) : null;
}

export type StreamOfSource = Extract<SubtitlesSpec['from'], { source: unknown }>;

/** One subtitle stream as text on descriptor 3, with the times of the container's clock, up to the end of the job. */
export function subtitlesArgv(from: StreamOfSource, durationMicros: number, url: string): string[] {
  const { source, stream } = from;
  const { copy, text } = HOW[stream.codec] ?? { copy: true, text: 'srt' };
  const untilMicros = source.originMicros + durationMicros - source.containerStartMicros;
  return [
    ...QUIET,
    ...fence({ url, demuxer: source.demuxer }),
    ...(copy ? [] : ['-codec_whitelist:s', (TEXT_SUBTITLES[stream.codec]?.decoders ?? []).join(',')]),
    ...['-copyts', '-t', secondsText(Math.max(1, untilMicros)), '-i', url],
    ...['-map', `0:s:${stream.index}`, '-c:s', copy ? 'copy' : 'webvtt'],
    ...['-map_metadata', '-1', '-map_chapters', '-1', '-fflags', '+bitexact'],
    ...['-avoid_negative_ts', 'disabled', '-f', text, 'pipe:3'],
  ];
}
