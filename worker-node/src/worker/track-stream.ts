import { BoxError, requireBox } from '../media/fmp4/boxes.ts';
import { readSegment } from '../media/fmp4/fragment-reader.ts';
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

/** Objects fetched ahead of the reader. */
const AHEAD = 4;
const MAX_OBJECT_BYTES = 512 * 1024 * 1024;

/** Reads what the attempt may read of `track`, `{track}/…`, in the edge's order. Counts samples as they pass. */
export function trackStream(ctx: TaskContext, tools: Tools, track: string): TrackStream {
  const names = ctx.inputNames.filter((name) => name.startsWith(`${track}/`));
  let samples = 0;
  let failure: unknown;

  async function* read(): AsyncGenerator<Uint8Array> {
    const ahead: Promise<Buffer>[] = [];
    const fetchNext = () => {
      const name = names[ahead.length];
      if (name === undefined) return;
      const fetching = fetchWhole(ctx, tools, name);
      // Awaited in its turn; until then a failure must not look forgotten.
      fetching.catch(() => {});
      ahead.push(fetching);
    };
    for (let i = 0; i < AHEAD; i += 1) fetchNext();
    let init: InitSegment | null = null;
    try {
      if (names.length < 2) throw new TaskFailure('worker_error', `no segments of ${track} to read`);
      for (let i = 0; i < names.length; i += 1) {
        const bytes = await ahead[i];
        if (!bytes) break;
        // Let go of what has passed.
        ahead[i] = Promise.resolve(Buffer.alloc(0));
        if (init) samples += readSegment(init.defaults, bytes).length;
        else init = readInit(requireBox(bytes, ['moov']).bytes);
        fetchNext();
        yield bytes;
      }
    } catch (error) {
      failure =
        error instanceof BoxError || error instanceof RangeError
          ? new TaskFailure('verification_failed', `a stored object of ${track}: ${error.message}`)
          : error;
      throw failure;
    }
  }

  return { bytes: read(), samples: () => samples, failure: () => failure };
}

async function fetchWhole(ctx: TaskContext, tools: Tools, name: string): Promise<Buffer> {
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
