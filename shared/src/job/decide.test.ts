import { describe, expect, test } from 'vitest';
import { LEASE_TTL_MS, MAX_EXPIRIES, MAX_FAILURES, START_WITHIN_MS } from '../task/lease-rules.ts';
import { decide, type JobEvent, type NewTask, newJob } from './decide.ts';
import type { JobState } from './job-state.ts';

const ANALYZE = task('analyze', { kind: 'analyze' });

describe('the path of a job', () => {
  test('runs from queued to completed when every task is done', () => {
    let job = accept();
    expect(job.status).toBe('queued');
    job = run(job, 'analyze', [
      task('a', { unlocks: ['publish'] }),
      task('b', { unlocks: ['publish'] }),
      task('publish', { kind: 'publish', depsLeft: 2 }),
    ]);
    expect(job).toMatchObject({ status: 'processing', tasksLeft: 3 });
    job = run(job, 'b');
    expect(stateOf(job, 'publish')).toBe('blocked');
    job = run(job, 'a');
    expect(stateOf(job, 'publish')).toBe('ready');
    job = run(job, 'publish');
    expect(job).toMatchObject({ status: 'completed', tasksLeft: 0 });
  });

  test('nudges what became ready, the best first, and never publish', () => {
    const job = start(claim(accept(), 'analyze', 't1'), 'analyze', 1, 't1');
    const { effects } = decide(job, {
      ...fence('analyze', 1, 't1'),
      type: 'complete',
      now: 0,
      planned: [task('later', { rank: 9 }), task('first', { rank: 0 }), task('publish', { kind: 'publish' })],
    });
    expect(effects).toEqual([
      { type: 'nudge', taskId: 'first' },
      { type: 'nudge', taskId: 'later' },
    ]);
  });
});

describe('the fence', () => {
  const events: [string, JobEvent][] = [
    ['start', { type: 'start', now: 1, ...fence('analyze', 1, 'old') }],
    ['heartbeat', { type: 'heartbeat', now: 1, workDone: 1, ...fence('analyze', 1, 'old') }],
    ['complete', { type: 'complete', now: 1, planned: [], ...fence('analyze', 1, 'old') }],
    [
      'fail',
      { type: 'fail', now: 1, code: 'decode_failed', message: '', random: 0, ...fence('analyze', 1, 'old') },
    ],
    ['release', { type: 'release', now: 1, ...fence('analyze', 1, 'old') }],
  ];
  test.each(events)('a late %s of an attempt that lost its lease changes nothing', (_, event) => {
    const lost = expire(claim(accept(), 'analyze', 'old'), 'analyze');
    const taken = claim(ready(lost, 'analyze'), 'analyze', 'new');
    expect(decide(taken, event)).toEqual({ verdict: 'lease_lost', job: taken, effects: [] });
  });

  test('a stolen attempt number without the token is no key', () => {
    const job = claim(accept(), 'analyze', 'right');
    expect(decide(job, { type: 'start', now: 1, ...fence('analyze', 1, 'wrong') }).verdict).toBe(
      'lease_lost',
    );
  });

  test.each(['complete', 'fail', 'release'] as const)(
    'an accepted %s that is repeated is accepted again',
    (type) => {
      const job = start(claim(accept(), 'analyze', 't'), 'analyze', 1, 't');
      const event = {
        ...fence('analyze', 1, 't'),
        now: 1,
        code: 'stalled',
        message: '',
        random: 0,
        planned: [],
      } as const;
      const once = decide(job, { ...event, type });
      const twice = decide(once.job, { ...event, type });
      expect(once.verdict).toBe('accepted');
      expect(twice).toEqual({ verdict: 'accepted', job: once.job, effects: [] });
    },
  );
});

describe('failures', () => {
  test('a permanent one fails the job at once and cancels the rest', () => {
    const planned = run(accept(), 'analyze', [task('a'), task('b')]);
    const job = fail(claim(claim(planned, 'b', 'tb'), 'a', 'ta'), 'a', 1, 'ta', 'source_truncated');
    expect(job).toMatchObject({ status: 'failed', failure: { code: 'source_truncated' } });
    expect([stateOf(job, 'a'), stateOf(job, 'b')]).toEqual(['failed', 'canceled']);
    const beat = decide(job, { type: 'heartbeat', now: 0, workDone: 0, ...fence('b', 1, 'tb') });
    expect(beat.verdict).toBe('canceled');
  });

  test('a retryable one spends the budget, later each time, and the last fails the job', () => {
    let job = accept();
    const delays: number[] = [];
    for (let attempt = 1; attempt <= MAX_FAILURES; attempt++) {
      job = ready(job, 'analyze');
      job = fail(claim(job, 'analyze', `t${attempt}`), 'analyze', attempt, `t${attempt}`, 'encoder_failed');
      delays.push(job.tasks.get('analyze')?.runAfter ?? 0);
    }
    expect(job.status).toBe('failed');
    expect(delays[1]).toBeGreaterThan(delays[0] ?? 0);
  });

  test('a released attempt costs nothing', () => {
    const job = decide(claim(accept(), 'analyze', 't'), {
      type: 'release',
      now: 5,
      ...fence('analyze', 1, 't'),
    }).job;
    expect(job.tasks.get('analyze')).toMatchObject({ state: 'ready', failures: 0, attempt: 1, runAfter: 5 });
  });
});

describe('leases', () => {
  test('an attempt that never started is taken back early and costs nothing', () => {
    const job = claim(accept(), 'analyze', 't');
    expect(decide(job, expiry('analyze', START_WITHIN_MS - 1)).job).toBe(job);
    expect(expire(job, 'analyze', START_WITHIN_MS).tasks.get('analyze')).toMatchObject({
      state: 'ready',
      silentDeaths: 0,
    });
  });

  test('a heartbeat moves the end of the lease', () => {
    const started = start(claim(accept(), 'analyze', 't'), 'analyze', 1, 't');
    const beaten = decide(started, {
      type: 'heartbeat',
      now: 20_000,
      workDone: 0,
      ...fence('analyze', 1, 't'),
    }).job;
    expect(decide(beaten, expiry('analyze', LEASE_TTL_MS)).job).toBe(beaten);
  });

  test('two silent deaths on living machines make the next try lonely, and a third fails the job', () => {
    let job = accept();
    for (let attempt = 1; attempt <= 2; attempt++) job = dieSilently(job, attempt);
    expect(job.tasks.get('analyze')).toMatchObject({ state: 'ready', alone: true });
    job = dieSilently(job, 3);
    expect(job).toMatchObject({ status: 'failed', failure: { code: 'worker_crashed' } });
  });

  test('a task that outlives many workers is given up, however harmless each end looked', () => {
    let job = accept();
    for (let attempt = 1; attempt <= MAX_EXPIRIES; attempt++) {
      expect(job.status).not.toBe('failed');
      job = start(claim(ready(job, 'analyze'), 'analyze', 't'), 'analyze', attempt, 't');
      job = decide(job, { ...expiry('analyze', LEASE_TTL_MS), machineLives: false }).job;
    }
    expect(job).toMatchObject({ status: 'failed', failure: { code: 'worker_crashed' } });
  });

  test('machines that vanish never make a task poison', () => {
    let job = accept();
    for (let attempt = 1; attempt <= 5; attempt++) {
      job = start(claim(ready(job, 'analyze'), 'analyze', 't'), 'analyze', attempt, 't');
      job = decide(job, { ...expiry('analyze', LEASE_TTL_MS), machineLives: false }).job;
    }
    expect(job.tasks.get('analyze')).toMatchObject({ state: 'ready', alone: false, silentDeaths: 0 });
  });
});

describe('cancel', () => {
  test('ends everything that is open, and twice is as good as once', () => {
    const once = decide(claim(accept(), 'analyze', 't'), { type: 'cancel' });
    expect(once.job).toMatchObject({ status: 'canceled' });
    expect(once.effects).toEqual([{ type: 'job', event: 'canceled' }]);
    expect(decide(once.job, { type: 'cancel' })).toEqual({ verdict: 'accepted', job: once.job, effects: [] });
  });

  test('comes too late for a job that has ended', () => {
    const done = run(run(accept(), 'analyze', [task('publish', { kind: 'publish' })]), 'publish');
    expect(decide(done, { type: 'cancel' })).toEqual({ verdict: 'lease_lost', job: done, effects: [] });
  });
});

test('a task nobody can run takes its job with it', () => {
  const job = decide(accept({ needs: ['libx264'] }), { type: 'starve', taskId: 'analyze' }).job;
  expect(job).toMatchObject({ status: 'failed', failure: { code: 'no_capable_worker' } });
});

function accept(first: Partial<NewTask> = {}): JobState {
  return newJob({ id: 'job', projectId: 'p', priority: 0, createdAt: 0 }, { ...ANALYZE, ...first }).job;
}

function task(id: string, given: Partial<NewTask> = {}): NewTask {
  return { id, kind: 'encode-video', rank: 0, needs: [], unlocks: [], depsLeft: 0, workTotal: 10, ...given };
}

function fence(taskId: string, attempt: number, token: string) {
  return { taskId, attempt, token };
}

function claim(job: JobState, taskId: string, token: string): JobState {
  const { verdict, job: next } = decide(job, { type: 'claim', taskId, token, now: 0 });
  expect(verdict).toBe('accepted');
  return next;
}

function start(job: JobState, taskId: string, attempt: number, token: string): JobState {
  return decide(job, { type: 'start', now: 0, ...fence(taskId, attempt, token) }).job;
}

function run(job: JobState, taskId: string, planned: NewTask[] = []): JobState {
  const started = start(claim(job, taskId, 't'), taskId, 1, 't');
  return decide(started, { type: 'complete', now: 0, planned, ...fence(taskId, 1, 't') }).job;
}

function fail(
  job: JobState,
  taskId: string,
  attempt: number,
  token: string,
  code: 'source_truncated' | 'encoder_failed',
) {
  const event = {
    type: 'fail',
    now: 0,
    code,
    message: 'm',
    random: 0.5,
    ...fence(taskId, attempt, token),
  } as const;
  return decide(job, event).job;
}

function expiry(taskId: string, now: number) {
  return { type: 'expire', taskId, now, machineLives: true, random: 0 } as const;
}

function expire(job: JobState, taskId: string, now = LEASE_TTL_MS): JobState {
  return decide(job, expiry(taskId, now)).job;
}

/** As if the clock had passed the task's `runAfter`. */
function ready(job: JobState, taskId: string): JobState {
  const found = job.tasks.get(taskId);
  return found ? { ...job, tasks: new Map(job.tasks).set(taskId, { ...found, runAfter: 0 }) } : job;
}

function dieSilently(job: JobState, attempt: number): JobState {
  return expire(start(claim(ready(job, 'analyze'), 'analyze', 't'), 'analyze', attempt, 't'), 'analyze');
}

function stateOf(job: JobState, taskId: string) {
  return job.tasks.get(taskId)?.state;
}
