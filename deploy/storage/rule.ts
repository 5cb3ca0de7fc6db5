import type { Store } from './store.ts';

/** One thing that storage must do. */
export interface Rule {
  name: string;
  /** Without it Millrace does not work, or is not safe. Otherwise something is merely less good: `without` says what. */
  needed: boolean;
  /** What is lost where it does not hold. */
  without: string;
  /** Throws, saying what it saw, where it does not hold. */
  check(store: Store): Promise<void>;
}

/** Throws with both values unless they are the same as text. */
export function expectSame(what: string, seen: unknown, wanted: unknown): void {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: ${a}, not ${b}`);
}

/** Throws unless the work is refused with one of these codes. */
export async function expectRefusal(
  what: string,
  work: Promise<unknown>,
  codes?: readonly string[],
): Promise<void> {
  const refusal = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (refusal === null) throw new Error(`${what}: was accepted`);
  const code = refusal instanceof Error && 'code' in refusal ? String(refusal.code) : String(refusal);
  if (codes && !codes.includes(code)) throw new Error(`${what}: ${code}, not ${codes.join(' or ')}`);
}
