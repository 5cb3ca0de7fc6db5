import { plannedFrames } from '@millrace/shared/media/grid.ts';
import type { SourceRef } from '@millrace/shared/media/media-info.ts';
import { frameMicros } from '@millrace/shared/media/timeline.ts';
import type { TaskSpec } from '@millrace/shared/task/task-spec.ts';
import { inSpan } from '@millrace/shared/trace/trace.ts';
import type { Reading } from '../transfer/cached-source.ts';
import type { OpenSource } from '../transfer/source-reader.ts';
import type { TaskContext } from './task-context.ts';
import type { Tools } from './tools.ts';

/** A source that is open while a task uses it. */
export interface CheckedSource extends OpenSource {
  /** Throws why storage failed, if it did: what ffmpeg made of a broken connection means nothing. */
  check(): void;
}

/** Opens the attempt's source, and lets a failure of storage outrank whatever followed from it. */
export function withSource<T>(
  ctx: TaskContext,
  tools: Tools,
  source: SourceRef,
  use: (open: CheckedSource) => Promise<T>,
): Promise<T> {
  return inSpan(tools.trace, 'read source', { kind: 'client' }, async (span) => {
    let fetchedBytes = 0;
    const onFetched = (bytes: number) => {
      fetchedBytes += bytes;
      ctx.sourceRead(bytes);
    };
    try {
      return await whileOpen(ctx, tools, source, onFetched, use);
    } finally {
      span.set({ 'millrace.source_bytes': source.sizeBytes, 'millrace.fetched_bytes': fetchedBytes });
    }
  });
}

async function whileOpen<T>(
  ctx: TaskContext,
  tools: Tools,
  source: SourceRef,
  onFetched: (bytes: number) => void,
  use: (open: CheckedSource) => Promise<T>,
): Promise<T> {
  const open = tools.sourceReader.open(source, {
    sign: (fresh) => ctx.input('source', fresh),
    signal: ctx.signal,
    reading: readingOf(ctx.spec),
    likelyBytes: likelyBytes(ctx.spec),
    onFetched,
  });
  const check = () => {
    const failure = open.failure();
    if (failure) throw failure;
  };
  try {
    const result = await use({ ...open, check });
    check();
    return result;
  } catch (error) {
    ctx.signal.throwIfAborted();
    check();
    throw error;
  } finally {
    open.close();
  }
}

/**
 * Sound and text lie all over a file: their tasks read it to its end, unless they stop before. Analyses and posters look at
 * a few places.
 */
function readingOf(spec: TaskSpec): Reading {
  if (spec.kind === 'analyze' || spec.kind === 'poster') return 'glance';
  if (spec.kind === 'subtitles') return 'all';
  const toTheEnd =
    spec.kind === 'encode-audio' && spec.endMicros === null && (spec.span?.endSegment ?? null) === null;
  return toTheEnd ? 'all' : 'stretch';
}

/** A stretch's share of the source may be smaller than its share of the time: where little happens there are few bits. */
const LIKELY_SHARE = 0.75;

/** Bytes of the source that a chunk is as good as certain to read. */
function likelyBytes(spec: TaskSpec): number {
  if (spec.kind !== 'encode-video') return 0;
  const { source, video, frameRate, chunk } = spec;
  const share =
    frameMicros(frameRate, plannedFrames(chunk)) / Math.max(1, video.endMicros - video.startMicros);
  return Math.floor(source.sizeBytes * Math.min(1, share) * LIKELY_SHARE);
}
