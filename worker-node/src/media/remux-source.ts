import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { REMUXED_NAMES } from '@millrace/shared/task/outputs.ts';
import { TaskFailure } from '../task-failure.ts';
import { remuxArgv } from './argv/remux.ts';
import { fitsMp4 } from './codecs.ts';
import { throwIfDiskFull } from './disk-full.ts';
import { CONTAINERS } from './formats.ts';
import type { Look } from './look-at-source.ts';
import { type FfmpegTools, runFfmpeg } from './run-ffmpeg.ts';
import type { Sniffed } from './sniff.ts';

export interface Remuxed {
  name: string;
  file: string;
  sizeBytes: number;
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
  run: { cwd: string; signal: AbortSignal; onLogLine: (line: string) => void; check: () => void },
): Promise<Remuxed> {
  const audioCodecs = look.audio.map(({ stream }) => stream.codec_name ?? '');
  const mp4First = fitsMp4(look.video.stream.codec_name ?? '', audioCodecs);
  let reason = '';
  for (const muxer of mp4First ? (['mp4', 'matroska'] as const) : (['matroska'] as const)) {
    const name = muxer === 'mp4' ? REMUXED_NAMES.mov : REMUXED_NAMES.matroska;
    const file = join(run.cwd, name);
    const streams = { videoIndex: look.video.index, audioIndexes: look.audio.map(({ index }) => index) };
    const end = await runFfmpeg(tools, { ...run, argv: remuxArgv(look.input, streams, { muxer, file }) });
    run.check();
    if (end.exitCode === 0) return { name, file, sizeBytes: (await stat(file)).size };
    await throwIfDiskFull(run.cwd);
    if (end.endedBy) throw new TaskFailure('encoder_failed', `ffmpeg was ended by ${end.endedBy}`);
    reason = end.logTail.at(-1) ?? `exit code ${end.exitCode}`;
  }
  throw new TaskFailure(
    'source_unreadable',
    `the streams cannot be copied: ${reason.replaceAll(look.input.url, 'source')}`,
  );
}
