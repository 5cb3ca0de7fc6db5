import { describe, expect, test } from 'vitest';
import { type Claimable, type ClaimScene, chooseTasks } from './claim-order.ts';

const WORKER = { capabilities: ['libx264', 'aac'], slots: 8, freeSlots: 8 };

describe('what a worker is given', () => {
  test('chunk 0 and the first audio of a job before its other chunks', () => {
    const ready = [film('f', 'chunk-7', 107), film('f', 'audio', 1), film('f', 'chunk-0', 0)];
    expect(chooseTasks(scene(ready), WORKER, 2)).toEqual(['chunk-0', 'audio']);
  });

  test('a short clip that arrives beside a long film gets the next free slot', () => {
    const ready = [
      ...range(20).map((i) => film('film', `film-${i}`, i)),
      film('clip', 'clip-0', 0, { jobCreatedAt: 9 }),
    ];
    const running = { runningByJob: new Map([['film', 3]]), runningByProject: new Map([['p', 3]]) };
    expect(chooseTasks({ ...scene(ready), ...running }, WORKER, 1)).toEqual(['clip-0']);
  });

  test('a lone film fills the fleet', () => {
    const ready = range(20).map((i) => film('film', `t${i}`, i));
    expect(chooseTasks({ ...scene(ready), liveSlots: 8 }, WORKER, 8)).toHaveLength(8);
  });

  test('no job has more running than its dispatch window', () => {
    const ready = range(20).map((i) => film('film', `t${i}`, i));
    const full = { liveSlots: 2, runningByJob: new Map([['film', 4]]) };
    expect(chooseTasks({ ...scene(ready), ...full }, WORKER, 8)).toEqual([]);
  });

  test('projects share before jobs do', () => {
    const ready = [
      ...range(4).map((i) => film(`a${i}`, `big-${i}`, 0, { projectId: 'big' })),
      film('b', 'small', 0, { projectId: 'small', jobCreatedAt: 5 }),
    ];
    const running = { runningByProject: new Map([['big', 2]]) };
    expect(chooseTasks({ ...scene(ready), ...running }, WORKER, 1)).toEqual(['small']);
  });

  test('no project has more running than its quota, and the others are given what it leaves', () => {
    const ready = [
      ...range(4).map((i) => film(`a${i}`, `big-${i}`, 0, { projectId: 'big', priority: 9 })),
      film('b', 'small', 0, { projectId: 'small' }),
    ];
    const limited = { runningByProject: new Map([['big', 2]]), quotaByProject: new Map([['big', 3]]) };
    expect(chooseTasks({ ...scene(ready), ...limited }, WORKER, 8)).toEqual(['small', 'big-0']);
  });

  test('a lonely task of a project that is at its quota keeps nobody waiting', () => {
    const ready = [film('a', 'poison', 5, { alone: true }), film('b', 'other', 0, { projectId: 'q' })];
    const full = { runningByProject: new Map([['p', 1]]), quotaByProject: new Map([['p', 1]]) };
    expect(chooseTasks({ ...scene(ready), ...full }, WORKER, 8)).toEqual(['other']);
  });

  test('priority does not get one project ahead of another', () => {
    const ready = [
      ...range(4).map((i) =>
        film(`a${i}`, `urgent-${i}`, 0, { projectId: 'a', priority: 100, jobCreatedAt: 1 }),
      ),
      film('b', 'patient', 0, { projectId: 'b' }),
    ];
    expect(chooseTasks(scene(ready), WORKER, 2)).toEqual(['patient', 'urgent-0']);
  });

  test('priority goes before fairness among the jobs of a project', () => {
    const ready = [film('a', 'low', 0), film('b', 'high', 0, { priority: 50, jobCreatedAt: 9 })];
    const running = { runningByJob: new Map([['b', 3]]), runningByProject: new Map([['p', 3]]) };
    expect(chooseTasks({ ...scene(ready), ...running }, WORKER, 1)).toEqual(['high']);
  });

  test('nothing it cannot do', () => {
    const ready = [
      film('a', 'hevc', 0, { needs: ['libx265'] }),
      film('a', 'h264', 1, { needs: ['libx264'] }),
    ];
    expect(chooseTasks(scene(ready), WORKER, 8)).toEqual(['h264']);
  });

  test('nothing that a pause holds back, of its project or of all', () => {
    const ready = [
      film('a', 'h264', 0, { codec: 'h264' }),
      film('a', 'av1', 1, { codec: 'av1' }),
      film('a', 'poster', 2),
      film('b', 'other-av1', 0, { codec: 'av1', projectId: 'q', jobCreatedAt: 1 }),
    ];
    const given = (...pauses: ClaimScene['pauses']) => chooseTasks({ ...scene(ready), pauses }, WORKER, 8);
    expect(given({ projectId: null, codec: null })).toEqual([]);
    expect(given({ projectId: 'p', codec: null })).toEqual(['other-av1']);
    expect(given({ projectId: null, codec: 'av1' })).toEqual(['h264', 'poster']);
    expect(given({ projectId: 'q', codec: 'av1' })).toEqual(['h264', 'av1', 'poster']);
    expect(given({ projectId: 'p', codec: 'hevc' }, { projectId: 'q', codec: null })).toHaveLength(3);
  });

  test('a job whose best tasks are held back is given its next ones, as many as its window', () => {
    const ready = range(12).map((i) => film('film', `t${i}`, i, { codec: i < 6 ? 'av1' : 'h264' }));
    const pauses = [{ projectId: null, codec: 'av1' }] as const;
    expect(chooseTasks({ ...scene(ready), pauses }, WORKER, 8)).toEqual(['t6', 't7', 't8', 't9']);
  });

  test('a lonely task that is held back keeps nobody waiting', () => {
    const ready = [film('a', 'poison', 5, { alone: true, codec: 'av1' }), film('b', 'other', 0)];
    const pauses = [{ projectId: null, codec: 'av1' }] as const;
    expect(chooseTasks({ ...scene(ready), pauses }, WORKER, 8)).toEqual(['other']);
  });

  test('a lonely task first and by itself, and only when it is idle', () => {
    const ready = [film('a', 'poison', 5, { alone: true }), film('b', 'other', 0)];
    expect(chooseTasks(scene(ready), WORKER, 8)).toEqual(['poison']);
    expect(chooseTasks(scene(ready), { ...WORKER, freeSlots: 7 }, 8)).toEqual(['other']);
  });

  test('a lonely task that no idle worker came for is offered to a busy one', () => {
    const ready = [film('a', 'poison', 5, { alone: true, waitedMs: 16_000 }), film('b', 'other', 0)];
    expect(chooseTasks(scene(ready), { ...WORKER, freeSlots: 7 }, 8)).toEqual(['poison']);
  });

  test('never more than its free slots', () => {
    const ready = range(20).map((i) => film('film', `t${i}`, i));
    expect(chooseTasks({ ...scene(ready), liveSlots: 8 }, { ...WORKER, freeSlots: 2 }, 8)).toEqual([
      't0',
      't1',
    ]);
  });
});

function film(jobId: string, taskId: string, rank: number, given: Partial<Claimable> = {}): Claimable {
  return {
    jobId,
    taskId,
    rank,
    projectId: 'p',
    priority: 0,
    needs: [],
    codec: null,
    alone: false,
    waitedMs: 0,
    jobCreatedAt: 0,
    ...given,
  };
}

function scene(ready: Claimable[]): ClaimScene {
  return {
    ...{ ready, liveSlots: 2, activeJobs: 1, pauses: [] },
    ...{ runningByJob: new Map(), runningByProject: new Map(), quotaByProject: new Map() },
  };
}

function range(count: number): number[] {
  return [...Array(count).keys()];
}
