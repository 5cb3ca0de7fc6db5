import type { Rule } from './rule.ts';
import { conditions } from './rules/conditions.ts';
import { keys } from './rules/keys.ts';
import { multipart } from './rules/multipart.ts';
import { ranges } from './rules/ranges.ts';
import { signedUrls } from './rules/signed-urls.ts';
import type { Store } from './store.ts';

/** Everything that is asked of storage: docs/storage.md says what follows where something does not hold. */
export const contract: readonly Rule[] = [...signedUrls, ...conditions, ...ranges, ...multipart, ...keys];

export interface Finding {
  rule: Rule;
  /** Null where the rule holds; otherwise what was seen instead. */
  seen: string | null;
}

const RULE_WITHIN_MS = 120_000;

/** Tries every rule, one after the other, whatever fails on the way. */
export async function tryContract(
  store: Store,
  onFinding: (finding: Finding) => void = () => {},
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const rule of contract) {
    const finding = { rule, seen: await seenOf(rule, store) };
    findings.push(finding);
    onFinding(finding);
  }
  return findings;
}

async function seenOf(rule: Rule, store: Store): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const tooLong = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${RULE_WITHIN_MS / 1_000} s`), RULE_WITHIN_MS);
  });
  const tried = rule.check(store).then(
    () => null,
    (error: unknown) => (error instanceof Error ? told(error) : String(error)),
  );
  try {
    return await Promise.race([tried, tooLong]);
  } finally {
    clearTimeout(timer);
  }
}

function told(error: Error): string {
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}
