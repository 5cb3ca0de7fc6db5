import { open } from 'node:fs/promises';
import type { MediaInfo, SkippedStream, SourceRef } from '@millrace/shared/media/media-info.ts';
import { objectKey } from '@millrace/shared/storage-keys.ts';
import type { ResultOf, TaskSpec } from '@millrace/shared/task/task-spec.ts';
import { type Chosen, languageOf } from '../../media/choose-streams.ts';
import { digestSource, MAX_COPIED_DIGEST_BYTES, MAX_DIGEST_BYTES } from '../../media/digest-source.ts';
import { type Look, lookAtSource } from '../../media/look-at-source.ts';
import { type Measured, measure } from '../../media/measure.ts';
import { needsRemux, type Remuxed, remuxSource } from '../../media/remux-source.ts';
import { type ReadBytes, type Sniffed, sniff } from '../../media/sniff.ts';
import { TaskFailure } from '../../task-failure.ts';
import { uploadObject } from '../../transfer/upload-object.ts';
import type { TaskContext } from '../task-context.ts';
import type { Tools } from '../tools.ts';
import { type CheckedSource, withSource } from '../with-source.ts';

type AnalyzeContext = TaskContext<Extract<TaskSpec, { kind: 'analyze' }>>;

/**
 * Finds out what the source is. A container that cannot seek exactly is copied into one that can, and from then on the
 * copy is the source.
 */
export async function analyze(ctx: AnalyzeContext, tools: Tools): Promise<ResultOf<'analyze'>> {
  const { source } = ctx.spec;
  return withSource(ctx, tools, source, async (input) => {
    const sniffed = await sniff(input.read, source.sizeBytes);
    const [mediaInfo, digest] = await Promise.all([
      examine(ctx, tools, input, sniffed),
      digestSource(input.read, source, MAX_DIGEST_BYTES),
    ]);
    return {
      kind: 'analyze',
      mediaInfo: { ...mediaInfo, digest: mediaInfo.digest ?? digest },
      build: tools.ffmpegBuild,
    };
  });
}

async function examine(
  ctx: AnalyzeContext,
  tools: Tools,
  input: CheckedSource,
  sniffed: Sniffed,
): Promise<MediaInfo> {
  const { source } = ctx.spec;
  const run = { cwd: ctx.scratchDir, signal: ctx.signal };
  const look = await lookAtSource(tools, input.url, sniffed, input.read, run);
  if (sniffed.truncated) {
    throw new TaskFailure('source_truncated', 'the file is shorter than its own headers say');
  }
  const uploadedFormat = look.probed.format.format_name;
  if (!needsRemux(look, sniffed)) {
    return { ...(await measure(tools, look, run)), source, uploadedFormat, digest: null };
  }
  const copy = await remuxSource(tools, look, source.sizeBytes, {
    ...run,
    onLogLine: ctx.logLine,
    check: input.check,
  });
  const [copied, digest] = await Promise.all([
    analyzeCopy(ctx, tools, look, copy),
    digestSource(input.read, source, MAX_COPIED_DIGEST_BYTES),
  ]);
  return { ...copied, uploadedFormat, digest };
}

async function analyzeCopy(
  ctx: AnalyzeContext,
  tools: Tools,
  look: Look,
  copy: Remuxed,
): Promise<Measured & { source: SourceRef }> {
  const run = { cwd: ctx.scratchDir, signal: ctx.signal };
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
  return { ...asUploaded(measured, look, copy), source };
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

/** The copy carries no metadata, and not everything: what tracks are called and what is missing is taken from the upload. */
function asUploaded(measured: Measured, look: Look, copy: Remuxed): Measured {
  const lost = look.subtitles
    .filter((track) => !copy.subtitles.includes(track))
    .map(({ stream }): SkippedStream => {
      const codec = stream.codec_name ?? 'unknown';
      return { kind: 'subtitles', codec, reason: 'unsupported_codec', language: languageOf(stream) };
    });
  return {
    ...measured,
    audio: measured.audio.map((track, i) => ({ ...track, ...labels(look.audio[i]) })),
    subtitles: measured.subtitles.map((track, i) => {
      const original = copy.subtitles[i];
      return { ...track, ...labels(original), forced: original?.stream.disposition?.forced === 1 };
    }),
    skipped: [...look.skipped, ...lost],
  };
}

function labels(original: Chosen | undefined) {
  if (!original) return {};
  const { stream } = original;
  return {
    language: languageOf(stream),
    title: stream.tags?.title ?? null,
    isDefault: stream.disposition?.default === 1,
  };
}
