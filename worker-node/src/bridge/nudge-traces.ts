import type { Trace } from '@millrace/shared/trace/trace.ts';

/** Where claims of nudged tasks are hung, until they are made. */
export interface NudgeTraces {
  received(taskId: string, trace: Trace): void;
  /** The place of the task's nudge, if this bridge received one that nobody took yet. */
  take(taskId: string): Trace | undefined;
}

/** A nudge may be for what another bridge has claimed: the oldest are forgotten. */
const MAX_TRACES = 1_000;

export function createNudgeTraces(): NudgeTraces {
  const traces = new Map<string, Trace>();
  return {
    received(taskId, trace) {
      traces.delete(taskId);
      traces.set(taskId, trace);
      const [oldest] = traces.keys();
      if (traces.size > MAX_TRACES && oldest !== undefined) traces.delete(oldest);
    },
    take(taskId) {
      const trace = traces.get(taskId);
      traces.delete(taskId);
      return trace;
    },
  };
}
