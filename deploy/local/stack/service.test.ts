import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startChild } from '../child-process.ts';
import { waitUntil } from '../wait-until.ts';
import { createService, type Service, type ServiceEvent } from './service.ts';

let folder: string;
let events: ServiceEvent[];
let services: Service[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'millrace-service-'));
  events = [];
  services = [];
});
afterEach(async () => {
  for (const service of services) await service.stop();
  await rm(folder, { recursive: true, force: true });
});

test('what ends by itself is started again, under a new process', async () => {
  const service = sleeper('replace');
  await service.start();
  const firstPid = pidOf(service);
  process.kill(firstPid, 'SIGKILL');
  expect(await waitUntil(() => events.length === 2, 10_000)).toBe(true);
  expect(events).toMatchObject([
    { type: 'ended', service: 'sleeper', exit: { signal: 'SIGKILL' }, willReturn: true },
    { type: 'returned', service: 'sleeper' },
  ]);
  expect(pidOf(service)).not.toBe(firstPid);
});

test('what is to be reported is reported, and stays down until it is started', async () => {
  const service = sleeper('report');
  await service.start();
  process.kill(pidOf(service), 'SIGTERM');
  expect(await waitUntil(() => service.pid === undefined, 10_000)).toBe(true);
  expect(events).toMatchObject([{ type: 'ended', willReturn: false }]);
  await service.start();
  expect(isAlive(pidOf(service))).toBe(true);
});

test.each(['stop', 'kill'] as const)('%s ends it for good, without surprise', async (how) => {
  const service = sleeper('replace');
  await service.start();
  const pid = pidOf(service);
  await service[how]();
  expect(isAlive(pid)).toBe(false);
  expect(service.pid).toBeUndefined();
  expect(events).toEqual([]);
});

test('stopped on its way up it does not stay', async () => {
  const pids: number[] = [];
  const service = sleeper('replace', (pid) => pids.push(pid));
  const starting = service.start();
  await service.stop();
  await starting;
  expect(service.pid).toBeUndefined();
  expect(pids.some(isAlive)).toBe(false);
});

test('what cannot be started again is lost, with the reason', async () => {
  let starts = 0;
  const service = adopted(
    createService({
      name: 'sleeper',
      logFile: path.join(folder, 'sleeper.log'),
      whenItEnds: 'replace',
      restartDelaysMs: [1, 1],
      onEvent: (event) => events.push(event),
      start: (logFile) => {
        starts += 1;
        return starts === 1 ? startSleeper(logFile) : Promise.reject(new Error('no such program'));
      },
    }),
  );
  await service.start();
  process.kill(pidOf(service), 'SIGKILL');
  expect(await waitUntil(() => events.some(({ type }) => type === 'lost'), 10_000)).toBe(true);
  expect(events.at(-1)).toMatchObject({ type: 'lost', error: new Error('no such program') });
  expect(starts).toBe(3);
});

function sleeper(whenItEnds: 'report' | 'replace', onPid: (pid: number) => void = () => {}): Service {
  return adopted(
    createService({
      name: 'sleeper',
      logFile: path.join(folder, 'sleeper.log'),
      whenItEnds,
      restartDelaysMs: [10],
      onEvent: (event) => events.push(event),
      start: (logFile) => startSleeper(logFile, onPid),
    }),
  );
}

function adopted(service: Service): Service {
  services.push(service);
  return service;
}

async function startSleeper(logFile: string, onPid: (pid: number) => void = () => {}) {
  const child = await startChild({
    name: 'sleeper',
    command: process.execPath,
    args: ['-e', 'setInterval(() => {}, 1000)'],
    logFile,
    isReady: (pid) => {
      onPid(pid);
      return true;
    },
  });
  return { ...child, url: 'http://sleeper' };
}

function pidOf(service: Service): number {
  if (service.pid === undefined) throw new Error('it is down');
  return service.pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
