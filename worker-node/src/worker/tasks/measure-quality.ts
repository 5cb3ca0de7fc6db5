import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MeasureQualitySpec, ResultOf } from '@millrace/shared/task/task-spec.ts';
import { z } from 'zod';
import { comparedFrames, measureQualityArgv } from '../../media/argv/measure-quality.ts';
import { pictureFigures } from '../../media/picture-figures.ts';
import { runFfmpeg } from '../../media/run-ffmpeg.ts';
import { TaskFailure } from '../../task-failure.ts';
import type { TaskContext } from '../task-context.ts';
import type { Tools } from '../tools.ts';
import { trackStream } from '../track-stream.ts';
import { withSource } from '../with-source.ts';

const VMAF = 'libvmaf';

/** Compares a published segment of each rendition with the pictures that its encoder was given. */
export async function measureQuality(
  ctx: TaskContext<MeasureQualitySpec>,
  tools: Tools,
): Promise<ResultOf<'measure-quality'>> {
  const { spec } = ctx;
  const { renditions } = spec;
  return withSource(ctx, tools, spec.source, async (open) => {
    const tracks = renditions.map(({ name }) => trackStream(ctx, tools, name));
    const printed = renditions.map((): Buffer[] => []);
    const vmafLogs = tools.capabilities.has(VMAF) ? renditions.map((_, i) => `vmaf-${i}.json`) : [];
    const end = await runFfmpeg(tools, {
      argv: measureQualityArgv(spec, open.url, vmafLogs),
      cwd: ctx.scratchDir,
      background: true,
      signal: ctx.signal,
      inputs: tracks.map((track) => track.bytes),
      outputs: printed.map((pieces) => (bytes: Buffer) => void pieces.push(bytes)),
      onLogLine: ctx.logLine,
    });
    open.check();
    for (const track of tracks) if (track.failure()) throw track.failure();
    if (end.exitCode !== 0) {
      const reason = (end.logTail.at(-1) ?? '').replaceAll(open.url, 'source');
      throw new TaskFailure('encoder_failed', `the quality could not be measured: ${reason}`);
    }
    return {
      kind: 'measure-quality',
      renditions: await Promise.all(
        renditions.map(async (rendition, i) => {
          const figures = pictureFigures(Buffer.concat(printed[i] ?? []).toString());
          const frames = Math.min(comparedFrames(spec, rendition), tracks[i]?.samples() ?? 0);
          if (figures.frames !== frames || frames === 0) {
            const compared = `${figures.frames} of ${frames} pictures of ${rendition.name}`;
            throw new TaskFailure('verification_failed', `${compared} could be compared`);
          }
          const log = vmafLogs[i];
          const vmaf = log === undefined ? null : await readVmaf(join(ctx.scratchDir, log));
          return { name: rendition.name, ...figures, vmaf };
        }),
      ),
    };
  });
}

const vmafLog = z.object({ pooled_metrics: z.object({ vmaf: z.object({ mean: z.number() }) }) });

async function readVmaf(file: string): Promise<number> {
  const parsed = vmafLog.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!parsed.success) throw new TaskFailure('encoder_failed', 'libvmaf wrote no score');
  return parsed.data.pooled_metrics.vmaf.mean;
}
