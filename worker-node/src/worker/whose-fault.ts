import { type FfmpegEnd, runFfmpeg } from '../media/run-ffmpeg.ts';
import { TaskFailure } from '../task-failure.ts';
import type { TaskContext } from './task-context.ts';
import type { Tools } from './tools.ts';
import type { CheckedSource } from './with-source.ts';

export interface FailedEncode {
  what: 'video' | 'audio';
  end: FfmpegEnd;
  /** Decodes the same stretch of the source and throws it away. */
  decodeArgv: readonly string[];
}

/** ffmpeg failed. If decoding alone fails too, the source is at fault, and no other attempt will do better. */
export async function whoseFault(
  ctx: TaskContext,
  tools: Tools,
  open: CheckedSource,
  { what, end, decodeArgv }: FailedEncode,
): Promise<TaskFailure> {
  const reason = (end.logTail.at(-1) ?? 'no message').replaceAll(open.url, 'source');
  if (end.endedBy) return new TaskFailure('encoder_failed', `ffmpeg was ended by ${end.endedBy}: ${reason}`);
  const decoded = await runFfmpeg(tools, { argv: decodeArgv, cwd: ctx.scratchDir, signal: ctx.signal });
  open.check();
  return decoded.exitCode !== 0 && decoded.endedBy === null
    ? new TaskFailure('decode_failed', `the ${what} cannot be decoded: ${reason}`)
    : new TaskFailure('encoder_failed', `ffmpeg exited with ${end.exitCode}: ${reason}`);
}
