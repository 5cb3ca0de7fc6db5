import type { KeyedRequest, StoredAnswer } from './claim-key.ts';
import { namedIds } from './named-ids.ts';
import { keepNoAnswer, releaseKey, storeAnswer } from './settle-key.ts';
import type { KeyedRun } from './take-up.ts';

/** These say nothing of the request itself, and nothing was done: the key is free again. */
const UNDONE = new Set([401, 403, 408, 409, 429]);
/** An answer that names more is not kept: the repetition runs again. */
const MAX_IDS = 1_000;

export interface AnswerToKeep extends StoredAnswer {
  /** What the request says, as JSON: an answer may tell of what only the request names. */
  asked: string;
  /** What takes the place of an erased job in an answer to a batch. */
  erasedEntry: unknown;
}

/** Whether an answer of this status depends on the moment rather than on the request. */
export function isPassingStatus(status: number): boolean {
  return status >= 500 || UNDONE.has(status);
}

/**
 * Ends a keyed request. After a failure of ours the key stays without an answer: something may have been done all the
 * same, and the repetition must find it by the same ids.
 */
export async function settleAnswer(
  { ctx, made }: KeyedRun,
  request: KeyedRequest,
  { asked, erasedEntry, ...answer }: AnswerToKeep,
): Promise<void> {
  if (UNDONE.has(answer.status)) return releaseKey(ctx, request);
  const ids = new Set([...made, ...namedIds(asked), ...namedIds(answer.body)]);
  if (answer.status >= 500 || ids.size > MAX_IDS) return keepNoAnswer(ctx, request);
  await storeAnswer(ctx, request, answer, { ids: [...ids], erasedEntry: JSON.stringify(erasedEntry) });
}
