import type { NudgeSource } from '../bridge/nudge-source.ts';

/** A queue in memory that remembers what it was asked. */
export interface FakeNudges extends NudgeSource {
  waiting: string[];
  pulls: number;
  acked: string[];
  givenBack: string[];
  /** What the nudges say of their trace. */
  traceparent: string | null;
}

export function createFakeNudges(): FakeNudges {
  const nudges: FakeNudges = {
    waiting: [],
    pulls: 0,
    acked: [],
    givenBack: [],
    traceparent: null,
    async pull(max) {
      nudges.pulls += 1;
      return nudges.waiting.splice(0, max).map((taskId) => ({
        ...{ receipt: taskId, taskId, traceparent: nudges.traceparent, sentAt: 0 },
      }));
    },
    async settle({ done, again }) {
      nudges.acked.push(...done.map((nudge) => nudge.receipt));
      nudges.givenBack.push(...again.map((nudge) => nudge.receipt));
    },
    depth: async () => nudges.waiting.length,
  };
  return nudges;
}
