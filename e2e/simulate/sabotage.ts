import { type Decision, decide, type JobEvent } from '@millrace/shared/job/decide.ts';
import type { JobState, TaskState } from '@millrace/shared/job/job-state.ts';
import { REAL_RULES, type Rules } from './rules.ts';

/**
 * Mistakes that somebody could well make. Each is a set of rules that is right but for the one thing; the simulation
 * must find every one of them.
 */
export const SABOTAGES = {
  /** Reports are matched by task alone: `where id = $1 and state = 'running'`. */
  fence: { ...REAL_RULES, decide: decideWithoutFence, mayAnnounce: (task) => task.state === 'running' },
  /** The nudge is sent when the change is made, by the same request: it is lost with the request. */
  outbox: { ...REAL_RULES, nudges: 'afterwards' },
  /** A claim asks nobody what is paused. */
  pauses: { ...REAL_RULES, pauses: 'ignored' },
  /** Dependents are unlocked when no sibling is left that was not done *as the statement began*. */
  counters: { ...REAL_RULES, decide: decideByCounting },
} as const satisfies Record<string, Rules>;

export type Sabotage = keyof typeof SABOTAGES;

export function isSabotage(text: string): text is Sabotage {
  return Object.hasOwn(SABOTAGES, text);
}

function decideWithoutFence(job: JobState, event: JobEvent): Decision {
  switch (event.type) {
    case 'start':
    case 'heartbeat':
    case 'complete':
    case 'fail':
    case 'release': {
      const task = job.tasks.get(event.taskId);
      if (task?.state !== 'running') return decide(job, event);
      return decide(job, { ...event, attempt: task.attempt, token: task.leaseToken ?? '' });
    }
    case 'claim':
    case 'expire':
    case 'starve':
    case 'cancel':
    case 'retry':
      return decide(job, event);
    default:
      return event satisfies never;
  }
}

function decideByCounting(job: JobState, event: JobEvent, seen: JobState): Decision {
  const decision = decide(job, event);
  if (event.type !== 'complete' || decision.job === job) return decision;
  const tasks = new Map(decision.job.tasks);
  const nudges: TaskState[] = [];
  for (const id of tasks.get(event.taskId)?.unlocks ?? []) {
    const before = job.tasks.get(id);
    if (before?.state !== 'blocked') continue;
    const siblings = [...seen.tasks.values()].filter((task) => task.unlocks.includes(id));
    const depsLeft = siblings.filter((task) => task.state !== 'done' && task.id !== event.taskId).length;
    const state = depsLeft === 0 ? 'ready' : 'blocked';
    const next: TaskState = { ...before, depsLeft, state, runAfter: event.now };
    tasks.set(id, next);
    if (state === 'ready' && next.kind !== 'publish') nudges.push(next);
  }
  return {
    ...decision,
    job: { ...decision.job, tasks },
    effects: [
      ...decision.effects.filter((effect) => effect.type !== 'nudge'),
      ...nudges.map((task) => ({ type: 'nudge', taskId: task.id }) as const),
    ],
  };
}
