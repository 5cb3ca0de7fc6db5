import { PassThrough } from 'node:stream';
import type { EncodeAudioSpec } from '@millrace/shared/task/task-spec.ts';
import { soundAllowance } from '../media/allowance.ts';
import { decodeAudioOnlyArgv } from '../media/argv/decode-only.ts';
import { conformArgv, PIPED_SOUND, type SoundInput, sourceSound } from '../media/argv/sound.ts';
import type { Progress } from '../media/progress.ts';
import { runFfmpeg } from '../media/run-ffmpeg.ts';
import { TaskFailure } from '../task-failure.ts';
import type { TaskContext } from './task-context.ts';
import { together } from './together.ts';
import type { Tools } from './tools.ts';
import { whoseFault } from './whose-fault.ts';
import type { CheckedSource } from './with-source.ts';

/** One pass over a whole track. */
export interface SoundPass {
  argv(input: SoundInput): string[];
  /** See `FfmpegCommand`. Throws `BrokenClock` when times go back. */
  outputs: readonly ((bytes: Buffer) => Promise<void> | void)[];
  maxOutputBytes?: number;
  onProgress(progress: Progress): void;
  /** What came out so far counts no more: the pass begins again. */
  restart(): void;
}

/** The samples do not follow each other: ffmpeg began to count anew when the sound changed its rate or its channels. */
export class BrokenClock extends Error {
  override name = 'BrokenClock';
}

/**
 * Runs passes over a track. One ffmpeg does it all, unless the sound changes on the way; then, and for all later
 * passes, one decodes and another does what needs an unbroken clock.
 */
export function createSoundRunner(
  ctx: TaskContext<EncodeAudioSpec>,
  tools: Tools,
  open: CheckedSource,
): (pass: SoundPass) => Promise<void> {
  const { spec } = ctx;
  const source = sourceSound(spec, open.url);
  const end = spec.source.originMicros - spec.source.containerStartMicros + spec.durationMicros;
  const common = { cwd: ctx.scratchDir, onLogLine: ctx.logLine, allowance: soundAllowance(end) };
  let changes = false;

  const inOne = async ({ argv, outputs, maxOutputBytes, onProgress }: SoundPass) => {
    const command = { ...common, signal: ctx.signal, outputs, onProgress };
    return runFfmpeg(tools, {
      ...command,
      argv: argv(source),
      ...(maxOutputBytes === undefined ? {} : { maxOutputBytes }),
    });
  };

  const inTwo = async ({ argv, outputs, maxOutputBytes, onProgress }: SoundPass) => {
    const pcm = new PassThrough();
    const [decoded, taken] = await together(ctx.signal, (signal) => [
      runFfmpeg(tools, {
        ...common,
        signal,
        argv: conformArgv(spec, source),
        outputs: [(bytes) => handOver(pcm, bytes)],
      }).finally(() => pcm.end()),
      runFfmpeg(tools, {
        ...common,
        signal,
        argv: argv(PIPED_SOUND),
        inputs: [chunksOf(pcm)],
        outputs,
        onProgress,
        ...(maxOutputBytes === undefined ? {} : { maxOutputBytes }),
        // What is left has been cut off.
      }).finally(() => pcm.resume()),
    ]);
    return decoded.exitCode === 0 ? taken : decoded;
  };

  return async (pass) => {
    const end = changes
      ? await inTwo(pass)
      : await inOne(pass).catch((error) => {
          if (!(error instanceof BrokenClock)) throw error;
          if (spec.pairedWith) throw new TaskFailure('decode_failed', error.message);
          changes = true;
          pass.restart();
          return inTwo(pass);
        });
    open.check();
    if (end.exitCode === 0) return;
    const decodeArgv = decodeAudioOnlyArgv(source.argv, spec.audio.index);
    throw await whoseFault(ctx, tools, open, { what: 'audio', end, decodeArgv });
  };
}

async function* chunksOf(stream: PassThrough): AsyncGenerator<Buffer> {
  for await (const bytes of stream) yield bytes;
}

/** Ends when there is room for more, or nobody wants it. */
async function handOver(stream: PassThrough, bytes: Buffer): Promise<void> {
  if (stream.destroyed || stream.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const go = () => {
      for (const event of ['drain', 'close', 'error']) stream.off(event, go);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) stream.on(event, go);
  });
}
