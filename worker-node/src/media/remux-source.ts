import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { REMUXED_NAMES } from '@millrace/shared/task/outputs.ts';
import { TaskFailure } from '../task-failure.ts';
import { copyAllowance } from './allowance.ts';
import { type CopiedStreams, remuxArgv } from './argv/remux.ts';
import type { Chosen } from './choose-streams.ts';
import { type Carrier, carriersOf, TEXT_SUBTITLES } from './codecs.ts';
import { throwIfDiskFull } from './disk-full.ts';
import { CONTAINERS } from './formats.ts';
import type { Look } from './look-at-source.ts';
import { type FfmpegTools, runFfmpeg } from './run-ffmpeg.ts';
import type { Sniffed } from './sniff.ts';
import { hasAlpha } from './transparency.ts';

export interface Remuxed {
  name: string;
  file: string;
  sizeBytes: number;
  /** Text that the copy carries, in its order. */
  subtitles: Chosen[];
}

/** True for sources in which a chunk cannot start at an exact frame without reading everything before it. */
export function needsRemux(look: Look, sniffed: Sniffed): boolean {
  if (!CONTAINERS[look.input.demuxer]?.exactSeek || sniffed.unindexed) return true;
  return look.probed.format.duration === null;
}

/** Copies the selected streams into a file that seeks exactly. Throws `source_unreadable` when they cannot be copied. */
export async function remuxSource(
  tools: FfmpegTools,
  look: Look,
  sizeBytes: number,
  run: { cwd: string; signal: AbortSignal; onLogLine: (line: string) => void; check: () => void },
): Promise<Remuxed> {
  let reason = '';
  for (const muxer of carriersFor(look)) {
    const name = REMUXED_NAMES[muxer === 'matroska' ? 'matroska' : 'mov'];
    const file = join(run.cwd, name);
    const subtitles = look.subtitles.filter(({ stream }) => carriesText(muxer, stream.codec_name));
    const argv = remuxArgv(look.input, copied(look, subtitles), { muxer, file });
    const end = await runFfmpeg(tools, { ...run, argv, allowance: copyAllowance(sizeBytes) });
    run.check();
    if (end.exitCode === 0) return { name, file, sizeBytes: (await stat(file)).size, subtitles };
    await throwIfDiskFull(run.cwd);
    if (end.endedBy) throw new TaskFailure('encoder_failed', `ffmpeg was ended by ${end.endedBy}`);
    reason = end.logTail.at(-1) ?? `exit code ${end.exitCode}`;
  }
  throw new TaskFailure(
    'source_unreadable',
    `the streams cannot be copied: ${reason.replaceAll(look.input.url, 'source')}`,
  );
}

/** Text is kept where the pictures and the sound allow it. */
function carriersFor({ video, audio, subtitles }: Look): Carrier[] {
  // Transparency that lies beside the pictures is Matroska's own.
  if (video && hasAlpha(video.stream) && !hasAlpha({ ...video.stream, tags: {} })) return ['matroska'];
  return carriersOf({
    video: video?.stream.codec_name ?? null,
    audio: audio.map(({ stream }) => stream.codec_name ?? ''),
    subtitles: subtitles.map(({ stream }) => stream.codec_name ?? ''),
  });
}

function carriesText(muxer: Carrier, codec: string | undefined): boolean {
  return TEXT_SUBTITLES[codec ?? '']?.in.includes(muxer) ?? false;
}

function copied({ video, audio }: Look, subtitles: readonly Chosen[]): CopiedStreams {
  return {
    videoIndex: video?.index ?? null,
    alpha: video !== null && hasAlpha(video.stream),
    audioIndexes: audio.map(({ index }) => index),
    subtitleIndexes: subtitles.map(({ index }) => index),
  };
}
