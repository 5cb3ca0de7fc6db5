/** What must never be, and was. */
export interface Violation {
  /** In words. */
  invariant: string;
  /** What showed it. */
  evidence: string;
}

/** Keeps the first one: what follows is often its consequence. */
export interface Violations {
  report(invariant: string, evidence: string): void;
  first(): Violation | null;
}

export function createViolations(trace: (text: string) => void): Violations {
  let first: Violation | null = null;
  return {
    report(invariant, evidence) {
      if (first) return;
      first = { invariant, evidence };
      trace(`VIOLATION ${invariant}: ${evidence}`);
    },
    first: () => first,
  };
}
