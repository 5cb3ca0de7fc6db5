import { backoffMs } from '../../clock/backoff.ts';
import type { Random } from '../../clock/clock.ts';
import { TaskFailure } from '../../task-failure.ts';
import type { Connector } from './connect-checked.ts';
import { type HeldFile, openHeldFile } from './held-file.ts';
import { type Arriving, judgeAnswer, StartAgain } from './judge-answer.ts';
import { openUrl } from './open-url.ts';
import { type PaceLimits, startPaceWatch } from './pace-watch.ts';

export interface FetchTools extends Connector {
  random: Random;
}

export interface FetchLimits extends PaceLimits {
  /** For all tries together. */
  totalMs: number;
  tries: number;
}

/** A source that cannot come at 32 KiB/s, or in two hours, is better uploaded. */
export const FETCH_LIMITS: FetchLimits = {
  totalMs: 2 * 3_600_000,
  tries: 5,
  answerMs: 30_000,
  windowMs: 30_000,
  minWindowBytes: 30 * 32 * 1024,
};

/** So often in a row without an answer that brings the file: then the slot is worth more than the wait, and the next attempt comes later. */
const FRUITLESS_TRIES = 2;
/** Somebody else's server is given seconds, not the tenths of one that are enough among our own. */
const PATIENCE = 4;
const MAX_DELAY_MS = 30_000;

export interface FetchUrl {
  url: URL;
  /** Where to; must not exist. */
  file: string;
  maxBytes: number;
  signal: AbortSignal;
  /** The share of the file that has arrived, from 0 to 1, when the server says how long it is. */
  onProgress(share: number): void;
  limits?: FetchLimits;
}

export interface FetchedFile {
  sizeBytes: number;
  contentType: string | null;
  /** "sha-256:…" of all its bytes. */
  digest: string;
}

/**
 * Brings the file behind a URL to disk. A transfer that breaks off goes on where it ended if the server can tell that the
 * file is still the same, and begins anew otherwise; after a few tries it is `source_url_failed`. Throws
 * `source_url_refused`, `source_url_gone`, `source_too_large` and `source_unreadable` (empty) at once.
 */
export async function fetchUrl(tools: FetchTools, fetch: FetchUrl): Promise<FetchedFile> {
  const { clock, random } = tools;
  const limits = fetch.limits ?? FETCH_LIMITS;
  const overtime = new AbortController();
  const takeBack = clock.setTimer(limits.totalMs, () => overtime.abort(new Error('it takes too long')));
  const held = await openHeldFile(fetch.file);
  try {
    let fruitless = 0;
    const served = { answers: 0 };
    for (let tries = 1; ; tries += 1) {
      const before = served.answers;
      try {
        return await fetchOnce(tools, { ...fetch, limits }, held, served, overtime.signal);
      } catch (error) {
        fetch.signal.throwIfAborted();
        if (error instanceof TaskFailure) throw error;
        if (error instanceof StartAgain) await held.empty();
        fruitless = served.answers > before ? 0 : fruitless + 1;
        if (tries === limits.tries || fruitless === FRUITLESS_TRIES || overtime.signal.aborted)
          throw failed(error);
      }
      await clock.sleep(backoffMs(tries + PATIENCE, random, MAX_DELAY_MS), fetch.signal);
    }
  } finally {
    takeBack();
    await held.close();
  }
}

async function fetchOnce(
  tools: FetchTools,
  { url, maxBytes, signal, onProgress, limits }: Required<FetchUrl>,
  held: HeldFile,
  served: { answers: number },
  overtime: AbortSignal,
): Promise<FetchedFile> {
  const pace = startPaceWatch(tools.clock, limits);
  const stopped = AbortSignal.any([signal, overtime, pace.signal]);
  try {
    const from = held.etag === null ? 0 : held.sizeBytes;
    const answer = await openUrl(tools, url, rangeHeaders(held.etag, from), stopped);
    try {
      pace.answered();
      const arriving = judgeAnswer(answer, from);
      served.answers += 1;
      await prepare(held, arriving, maxBytes);
      for await (const piece of answer.body) {
        stopped.throwIfAborted();
        pace.received(piece.length);
        if (held.sizeBytes + piece.length > maxBytes) throw tooLarge(maxBytes);
        await held.append(piece);
        if (arriving.totalBytes !== null) onProgress(Math.min(1, held.sizeBytes / arriving.totalBytes));
      }
      checkLength(held, arriving);
      const digest = `sha-256:${held.sha256()}`;
      return { sizeBytes: held.sizeBytes, contentType: arriving.contentType, digest };
    } finally {
      answer.close();
    }
  } catch (error) {
    // What the end of the connection looks like tells less than why it was ended.
    throw stopped.aborted && !(error instanceof TaskFailure) ? stopped.reason : error;
  } finally {
    pace.stop();
  }
}

function rangeHeaders(etag: string | null, from: number): Record<string, string> {
  return etag !== null && from > 0 ? { range: `bytes=${from}-`, 'if-range': etag } : {};
}

/** Makes what is held fit what arrives now. */
async function prepare(
  held: HeldFile,
  { start, totalBytes, etag }: Arriving,
  maxBytes: number,
): Promise<void> {
  if (totalBytes !== null && totalBytes > maxBytes) throw tooLarge(maxBytes);
  if (start > 0 && etag !== null && etag !== held.etag) {
    throw new StartAgain('the file has changed between two tries');
  }
  if (start > 0) return;
  await held.empty();
  held.etag = etag;
}

function checkLength({ sizeBytes }: HeldFile, { totalBytes }: Arriving): void {
  if (totalBytes !== null && sizeBytes < totalBytes) throw new Error('the transfer ended early');
  if (totalBytes !== null && sizeBytes > totalBytes) throw new StartAgain('more arrived than was announced');
  if (sizeBytes === 0) throw new TaskFailure('source_unreadable', 'the file at the URL is empty');
}

function tooLarge(maxBytes: number): TaskFailure {
  return new TaskFailure('source_too_large', `the file at the URL has more than ${maxBytes} bytes`);
}

function failed(cause: unknown): TaskFailure {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TaskFailure('source_url_failed', `the URL could not be fetched: ${reason}`, { cause });
}
