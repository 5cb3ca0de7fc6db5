import type { Context } from '../context.ts';
import { authenticate } from './authenticate.ts';
import { requireScope, type Scope } from './caller.ts';

/** Then a stream ends and its watcher comes again. */
const LASTS_MS = 15 * 60_000;
const ASK_EVERY_MS = 5_000;

export interface Watcher {
  /** Of the request that opened the stream: they say who watches. */
  headers: Headers;
  /** What watching needs. */
  scope: Scope;
  /** Ends when the watcher has gone. */
  signal: AbortSignal;
}

/**
 * A stream for as long as its watcher would still be let in: every few seconds it is asked again who that is. Whoever has
 * lost key, role or project is told nothing more but the refusal. After a quarter of an hour the stream just ends.
 *
 * While the installation rests it is not asked: nothing is told then, and the database may sleep.
 *
 * @param watch Opens what is watched; it should end with the signal.
 */
export async function* whileAllowed<T>(
  ctx: Context,
  { headers, scope, signal }: Watcher,
  watch: (signal: AbortSignal) => AsyncIterable<T>,
  { askEveryMs = ASK_EVERY_MS, lastsMs = LASTS_MS } = {},
): AsyncGenerator<T> {
  const over = new AbortController();
  const ending = AbortSignal.any([signal, over.signal]);
  const refusals: unknown[] = [];
  let asking = setTimeout(ask, askEveryMs);
  const timeUp = setTimeout(() => over.abort(), lastsMs);
  try {
    for await (const update of watch(ending)) {
      if (ending.aborted) break;
      yield update;
    }
    if (refusals.length > 0) throw refusals[0];
  } finally {
    over.abort();
    clearTimeout(asking);
    clearTimeout(timeUp);
  }

  async function ask(): Promise<void> {
    try {
      if (!(await ctx.quiet.isQuiet())) requireScope(await authenticate(ctx, headers), scope);
      if (!over.signal.aborted) asking = setTimeout(ask, askEveryMs);
    } catch (refusal) {
      refusals.push(refusal);
      over.abort();
    }
  }
}
