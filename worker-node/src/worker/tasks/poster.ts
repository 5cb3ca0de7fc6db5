import { POSTER_NAME } from '@millrace/shared/task/outputs.ts';
import type { PosterSpec, ResultOf } from '@millrace/shared/task/task-spec.ts';
import { posterArgv, posterTries } from '../../media/argv/poster.ts';
import { jpegSize } from '../../media/jpeg-size.ts';
import { runFfmpeg } from '../../media/run-ffmpeg.ts';
import { TaskFailure } from '../../task-failure.ts';
import { uploadObject } from '../../transfer/upload-object.ts';
import type { TaskContext } from '../task-context.ts';
import type { Tools } from '../tools.ts';
import { withSource } from '../with-source.ts';

const MAX_POSTER_BYTES = 32 * 1024 * 1024;

/** Stores one picture: the frame that was asked for, or one that shows what the video is about and is not black if that can be helped. */
export async function poster(ctx: TaskContext<PosterSpec>, tools: Tools): Promise<ResultOf<'poster'>> {
  const { spec } = ctx;
  return withSource(ctx, tools, spec.source, async (open) => {
    let reason = 'no picture came out';
    for (const look of posterTries(spec)) {
      const pieces: Buffer[] = [];
      const end = await runFfmpeg(tools, {
        argv: posterArgv(spec, open.url, look),
        cwd: ctx.scratchDir,
        background: true,
        signal: ctx.signal,
        outputs: [(bytes) => void pieces.push(bytes)],
        maxOutputBytes: MAX_POSTER_BYTES,
        onLogLine: ctx.logLine,
      });
      open.check();
      if (end.endedBy) throw new TaskFailure('encoder_failed', `ffmpeg was ended by ${end.endedBy}`);
      const jpeg = Buffer.concat(pieces);
      const size = jpegSize(jpeg);
      if (end.exitCode !== 0 || size?.width !== spec.width || size.height !== spec.height) {
        reason = end.logTail.at(-1)?.replaceAll(open.url, 'source') ?? reason;
        continue;
      }
      const { sizeBytes } = await uploadObject(tools, (fresh) => ctx.output(POSTER_NAME, fresh), {
        what: POSTER_NAME,
        body: jpeg,
        signal: ctx.signal,
      });
      return { kind: 'poster', name: POSTER_NAME, width: spec.width, height: spec.height, sizeBytes };
    }
    throw new TaskFailure('decode_failed', `no poster could be made: ${reason}`);
  });
}
