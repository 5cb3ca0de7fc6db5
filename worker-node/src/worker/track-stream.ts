import { BoxError, requireBox } from '../media/fmp4/boxes.ts';
import { readSegment, type Sample } from '../media/fmp4/fragment-reader.ts';
import { type InitSegment, readInit } from '../media/fmp4/init-segment.ts';
import { TaskFailure } from '../task-failure.ts';
import { fetchObject } from '../transfer/fetch-object.ts';
import type { TaskContext } from './task-context.ts';
import type { Tools } from './tools.ts';

/** A track's published objects as one stream: the init, then the segments in order. */
export interface TrackStream {
  bytes: AsyncIterable<Uint8Array>;
  /** Frames or packets that went by. */
  samples(): number;
  /** Why it ended early, if it did. */
  failure(): unknown;
}

/** One object of a track, taken apart. The init has no samples. */
export interface TrackObject {
  init: InitSegment;
  bytes: Buffer;
  samples: Sample[];
}

/** Objects fetched ahead of the reader. */
const AHEAD = 4;
const MAX_OBJECT_BYTES = 512 * 1024 * 1024;

/** Reads what the attempt may read of `track`, `{track}/…`, in the edge's order. */
export async function* trackObjects(
  ctx: TaskContext,
  tools: Tools,
  track: string,
): AsyncGenerator<TrackObject> {
  const names = ctx.inputNames.filter((name) => name.startsWith(`${track}/`));
  if (names.length < 2) throw new TaskFailure('worker_error', `no segments of ${track} to read`);
  const ahead: Promise<Buffer>[] = [];
  let init: InitSegment | null = null;
  for (const [i, name] of names.entries()) {
    for (const next of names.slice(i + ahead.length, i + AHEAD)) {
      const fetching = fetchWhole(ctx, tools, next);
      // Awaited in its turn; until then a failure must not look forgotten.
      fetching.catch(() => {});
      ahead.push(fetching);
    }
    const bytes = (await ahead.shift()) ?? Buffer.alloc(0);
    try {
      const samples: Sample[] = init ? readSegment(init.defaults, bytes) : [];
      init ??= readInit(requireBox(bytes, ['moov']).bytes);
      yield { init, bytes, samples };
    } catch (error) {
      if (!(error instanceof BoxError || error instanceof RangeError)) throw error;
      throw new TaskFailure('verification_failed', `a stored object of ${track}, ${name}: ${error.message}`);
    }
  }
}

/** The same for a program that reads a pipe. Counts samples as they pass. */
export function trackStream(ctx: TaskContext, tools: Tools, track: string): TrackStream {
  let samples = 0;
  let failure: unknown;
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for await (const object of trackObjects(ctx, tools, track)) {
        samples += object.samples.length;
        yield object.bytes;
      }
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  return { bytes: read(), samples: () => samples, failure: () => failure };
}

async function fetchWhole(ctx: TaskContext, tools: Tools, name: string): Promise<Buffer> {
  const own = await tools.ownObjects.find(await ctx.input(name));
  if (own) return own;
  const answer = await fetchObject(tools, (fresh) => ctx.input(name, fresh), {
    what: name,
    maxBytes: MAX_OBJECT_BYTES,
    signal: ctx.signal,
    judge({ status }) {
      if (status !== 200)
        throw new TaskFailure('storage_unavailable', `storage answered ${name} with HTTP ${status}`);
    },
  });
  return answer.body;
}
