import { TaskFailure } from '../../task-failure.ts';
import type { OpenUrl } from './open-url.ts';

/** What the body of an answer is. */
export interface Arriving {
  /** Where in the file the body begins. */
  start: number;
  /** Of the whole file; null when the server does not say. */
  totalBytes: number | null;
  /** Strong: the same ETag is the same bytes. */
  etag: string | null;
  contentType: string | null;
}

/** The server's file is another one than before, or it does not know ranges: what was held is worth nothing. */
export class StartAgain extends Error {
  override name = 'StartAgain';
}

const WORTH_ANOTHER_TRY = [408, 425, 429];

/**
 * Reads an answer's head. Throws a `TaskFailure` when no other try will do better, `StartAgain` when a try from the
 * beginning may, and any other error when the same try may.
 *
 * @param from What was asked for: the file from this byte on.
 */
export function judgeAnswer(
  { status, headers }: Pick<OpenUrl, 'status' | 'headers'>,
  from: number,
): Arriving {
  if (status >= 500 || WORTH_ANOTHER_TRY.includes(status)) throw new Error(`the server answered ${status}`);
  if (from > 0 && status === 416) throw new StartAgain('the server has no such range');
  if (status !== 200 && !(status === 206 && from > 0)) {
    throw new TaskFailure('source_url_gone', `the server answered ${status}`);
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    throw new TaskFailure('source_url_gone', 'the server sends the file only with a content encoding');
  }
  const rest = {
    etag: headers.etag?.startsWith('"') ? headers.etag : null,
    contentType: headers['content-type']?.slice(0, MAX_CONTENT_TYPE) ?? null,
  };
  if (status === 200) return { start: 0, totalBytes: wholeNumber(headers['content-length']), ...rest };
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
  if (Number(range?.[1]) !== from) throw new StartAgain('the server sent another range than was asked for');
  return { start: from, totalBytes: wholeNumber(range?.[2]), ...rest };
}

const MAX_CONTENT_TYPE = 200;

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
