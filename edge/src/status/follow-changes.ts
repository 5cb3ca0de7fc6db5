import type { Context } from '../context.ts';
import { STIRRED_SECONDS } from '../dispatch/quiet.ts';
import { attempted } from '../log.ts';

/** When a watcher looks at the database although the feed says nothing: news can be lost. */
export interface Following {
  lookEveryMs(): number;
  /** Asked when nothing was heard for so long. No while the installation rests: there is nothing to see. */
  isLookDue(): Promise<boolean>;
}

export interface FollowChanges {
  /** See `ChangeFeed`. */
  onRecord(record: unknown): void;
  /** The feed is back after it was lost: what was said in between was missed. */
  onAgain(): void;
  lookWithoutFeedMs: number;
}

const LOOK_EVERY_MS = 10_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;
/** Whoever looks at least this often does not miss that the installation has stirred. */
const STIRRING_SEEN_MS = (STIRRED_SECONDS * 1000) / 2;

/**
 * Listens to changes until the signal ends it, and again, ever later, when the feed is lost. Resolves when the first
 * attempt has come to something.
 */
export async function followChanges(
  ctx: Context,
  channel: { jobId: string } | { projectId: string },
  signal: AbortSignal,
  { onRecord, onAgain, lookWithoutFeedMs }: FollowChanges,
): Promise<Following> {
  let isLost = false;
  let pauseMs = FIRST_PAUSE_MS;
  let lookedAt = ctx.now();
  let coming: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener('abort', () => clearTimeout(coming), { once: true });
  await listen();
  return {
    lookEveryMs: () => (isLost ? lookWithoutFeedMs : LOOK_EVERY_MS),
    async isLookDue() {
      const wouldHaveSeen = ctx.now() - lookedAt < STIRRING_SEEN_MS;
      lookedAt = ctx.now();
      return !(wouldHaveSeen && (await ctx.quiet.isQuiet()));
    },
  };

  async function listen(): Promise<void> {
    const beganAt = ctx.now();
    isLost = false;
    await ctx.changes.listen(channel, signal, {
      onRecord,
      onLost() {
        if (signal.aborted) return;
        isLost = true;
        if (ctx.now() - beganAt > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS;
        coming = setTimeout(() => void attempted(ctx, 'listen again', listenAgain()), pauseMs);
        pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      },
    });
  }

  async function listenAgain(): Promise<void> {
    await listen();
    if (!isLost) onAgain();
  }
}
