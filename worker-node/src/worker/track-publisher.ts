import { initName, segmentName } from '@millrace/shared/task/outputs.ts';
import type { InitSegment } from '../media/fmp4/init-segment.ts';
import { TaskFailure } from '../task-failure.ts';
import { uploadObject } from '../transfer/upload-object.ts';
import type { Limiter } from './limiter.ts';
import type { AnnouncedInit, TaskContext } from './task-context.ts';
import type { Tools } from './tools.ts';

/** A finished segment whose bytes were read back and found right. */
export interface VerifiedSegment {
  number: number;
  bytes: Buffer;
  /** Frames or samples. */
  length: number;
  /** Bytes up to the end of its first picture; 0 for sound. */
  keyBytes: number;
}

/** Stores the segments of one track while the encoder runs, and announces each once it and all before it are stored. */
export interface TrackPublisher {
  /** Comes once, before the first segment. Throws `init_mismatch` when the track already has another one. */
  init(init: InitSegment): void;
  /** Ends when there is room for another; throws what went wrong with an earlier one. */
  segment(segment: VerifiedSegment): Promise<void>;
  /** Ends when everything is stored and announced. */
  finish(): Promise<void>;
}

/** What one attempt stores at the same time, over all its tracks. */
export const PARALLEL_UPLOADS = 4;

/** Segments of one track that may wait in memory, besides those being stored. */
const MAX_WAITING = 2;

export function createTrackPublisher(
  ctx: TaskContext,
  tools: Tools,
  track: string,
  limiter: Limiter,
): TrackPublisher {
  let init: InitSegment | null = null;
  /** To go out with the first segment; null when the track's init already stands. */
  let unannounced: AnnouncedInit | null = null;
  let stored: Promise<unknown> = Promise.resolve();
  let waiting: Promise<unknown>[] = [];

  const store = (name: string, body: Buffer) =>
    limiter(async () => {
      await uploadObject(tools, (fresh) => ctx.output(name, fresh), { what: name, body, signal: ctx.signal });
      await tools.ownObjects.keep(await ctx.output(name), body);
    });
  /** Runs `announce` after everything before it; a failure stays in the chain for whoever awaits it next. */
  const inOrder = (storing: Promise<unknown>, announce: () => void) => {
    const previous = stored;
    stored = Promise.all([storing, previous]).then(() => {
      ctx.signal.throwIfAborted();
      announce();
    });
    stored.catch(() => {});
  };

  return {
    init(found) {
      init = found;
      const known = ctx.knownInits.get(track);
      if (known === found.sha256) return;
      if (known !== undefined) {
        throw new TaskFailure('init_mismatch', `${track} has another initialisation segment`);
      }
      const name = initName(track);
      const { sha256, codecs, width, height } = found;
      unannounced = { track, name, sha256, sizeBytes: found.bytes.length, codecs, width, height };
      inOrder(store(name, found.bytes), () => {});
    },

    async segment({ number, bytes, length, keyBytes }) {
      if (!init) throw new Error(`a segment of ${track} before its init`);
      if (ctx.announced.has(`${track}/${number}`)) return;
      const { sha256 } = init;
      const name = segmentName(track, number);
      const announcedInit = unannounced;
      unannounced = null;
      inOrder(store(name, bytes), () => {
        const segment = {
          track,
          number,
          name,
          sizeBytes: bytes.length,
          length,
          keyBytes,
          initSha256: sha256,
        };
        ctx.announce(announcedInit, [segment]);
      });
      waiting.push(stored);
      if (waiting.length > MAX_WAITING) {
        const [oldest, ...rest] = waiting;
        waiting = rest;
        await oldest;
      }
    },

    async finish() {
      await stored;
    },
  };
}
