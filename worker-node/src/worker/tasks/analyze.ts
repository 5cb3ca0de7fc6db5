import { open } from 'node:fs/promises';
import type { MediaInfo, SourceRef } from '@millrace/shared/media/media-info.ts';
import { objectKey } from '@millrace/shared/storage-keys.ts';
import type { ResultOf, TaskSpec } from '@millrace/shared/task/task-spec.ts';
import { type Look, lookAtSource } from '../../media/look-at-source.ts';
import { audioLabels, type Measured, measure } from '../../media/measure.ts';
import { needsRemux, remuxSource } from '../../media/remux-source.ts';
import { type ReadBytes, sniff } from '../../media/sniff.ts';
import { TaskFailure } from '../../task-failure.ts';
import { uploadObject } from '../../transfer/upload-object.ts';
import type { TaskContext } from '../task-context.ts';
import type { Tools } from '../tools.ts';
import { withSource } from '../with-source.ts';

type AnalyzeContext = TaskContext<Extract<TaskSpec, { kind: 'analyze' }>>;

/**
 * Finds out what the source is. A container that cannot seek exactly is copied into one that can, and from then on the
 * copy is the source.
 */
export async function analyze(ctx: AnalyzeContext, tools: Tools): Promise<ResultOf<'analyze'>> {
  const { source } = ctx.spec;
  return withSource(ctx, tools, source, async (input) => {
    const run = { cwd: ctx.scratchDir, signal: ctx.signal };
    const sniffed = await sniff(input.read, source.sizeBytes);
    const look = await lookAtSource(tools, input.url, sniffed, input.read, run);
    if (sniffed.truncated) {
      throw new TaskFailure('source_truncated', 'the file is shorter than its own headers say');
    }
    const uploadedFormat = look.probed.format.format_name;
    if (!needsRemux(look, sniffed)) {
      const measured = await measure(tools, look, run);
      return { kind: 'analyze', mediaInfo: { ...measured, source, uploadedFormat } };
    }
    return { kind: 'analyze', mediaInfo: await analyzeCopy(ctx, tools, look, input.check) };
  });
}

async function analyzeCopy(
  ctx: AnalyzeContext,
  tools: Tools,
  look: Look,
  check: () => void,
): Promise<MediaInfo> {
  const run = { cwd: ctx.scratchDir, signal: ctx.signal };
  const copy = await remuxSource(tools, look, { ...run, onLogLine: ctx.logLine, check });
  const readCopy = fileReader(copy.file);
  const sniffed = await sniff(readCopy, copy.sizeBytes);
  const measured = await measure(
    tools,
    await lookAtSource(tools, `file:${copy.file}`, sniffed, readCopy, run),
    run,
  );
  const stored = await uploadObject(tools, (fresh) => ctx.output(copy.name, fresh), {
    what: copy.name,
    body: copy,
    signal: ctx.signal,
  });
  // Without its ETag nobody could tell later that the copy is the one analysed here, and an attempt cannot read back what
  // it wrote. Another attempt stores a copy of its own.
  if (stored.etag === null) {
    throw new TaskFailure('storage_unavailable', `storage did not say which ${copy.name} it stored`);
  }
  const source: SourceRef = {
    key: objectKey(ctx.projectId, ctx.taskId, ctx.attempt, copy.name),
    sizeBytes: copy.sizeBytes,
    etag: stored.etag,
  };
  return { ...withLabels(measured, look), source, uploadedFormat: look.probed.format.format_name };
}

function fileReader(file: string): ReadBytes {
  return async (start, length) => {
    const handle = await open(file, 'r');
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, start);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  };
}

/** The copy carries no metadata: what the tracks are called is taken from the upload. */
function withLabels(measured: Measured, look: Look): Measured {
  const audio = measured.audio.map((track, i) => {
    const original = look.audio[i]?.stream;
    return original ? { ...track, ...audioLabels(original) } : track;
  });
  return { ...measured, audio };
}
