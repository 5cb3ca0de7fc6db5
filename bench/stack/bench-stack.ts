import { rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import { removePostgresData } from '../../deploy/local/postgres-home.ts';
import type { Service } from '../../deploy/local/stack/service.ts';
import { type Stack, startStack } from '../../deploy/local/stack.ts';
import { startStorage } from '../../deploy/local/storage/start-storage.ts';
import { inTemporaryFolder } from '../temporary-folder.ts';
import { type BenchApi, createBenchApi } from './bench-api.ts';
import { controlPlaneOnWorkerd } from './on-workerd.ts';
import { runJob } from './run-job.ts';

/** Millrace on this machine, and what benches do with it. */
export interface BenchStack {
  stack: Stack;
  storagePid: number;
  /** The API in a project that nobody has used. */
  freshProject(): Promise<BenchApi>;
  stopWorkers(): Promise<void>;
  /** The first so many, with empty scratch disks. */
  startWorkers(count?: number): Promise<Service[]>;
  /**
   * Workers with empty scratch disks that have run a job of another source before: their code is compiled and their
   * connections are open, and nothing is known of what will be measured.
   */
  freshFleet(warmUpClip: string): Promise<void>;
}

let projects = 0;

/**
 * Lends a stack of its own, storage apart, that is gone afterwards with everything it kept. Left out: as many workers as
 * there are cores, of one slot each.
 */
export function withBenchStack<T>(
  { workers = cpus().length, slots = 1 }: { workers?: number; slots?: number },
  work: (bench: BenchStack) => Promise<T>,
): Promise<T> {
  return inTemporaryFolder(async (folder) => {
    const storage = await startStorage(path.join(folder, 'storage'));
    try {
      const { s3Endpoint } = storage;
      const stack = await startStack({
        stateDir: path.join(folder, 'state'),
        workers,
        whenFleetEnds: 'report',
        controlPlane: await controlPlaneOnWorkerd(path.join(folder, 'bundles')),
        variables: {
          edge: { S3_ENDPOINT: s3Endpoint, S3_PUBLIC_ENDPOINT: s3Endpoint },
          worker: { SLOTS: String(slots) },
        },
      });
      try {
        return await work(describe(stack, storage.pid));
      } finally {
        await stack.stop();
        await removePostgresData(stack.dir.postgres);
      }
    } finally {
      await storage.stop();
    }
  });
}

function describe(stack: Stack, storagePid: number): BenchStack {
  const freshProject = async () => {
    projects += 1;
    const api = createBenchApi(stack.apiUrl, `bench-${process.pid}-${projects}`);
    await api.createProject();
    return api;
  };
  const stopWorkers = async () => {
    await Promise.all(stack.workers.map((worker) => worker.stop()));
    await rm(stack.dir.scratch, { recursive: true, force: true });
  };
  const startWorkers = async (count = stack.workers.length) => {
    const chosen = stack.workers.slice(0, count);
    await Promise.all(chosen.map((worker) => worker.start()));
    return chosen;
  };
  return {
    stack,
    storagePid,
    freshProject,
    stopWorkers,
    startWorkers,
    async freshFleet(warmUpClip) {
      await stopWorkers();
      await startWorkers();
      await runJob(await freshProject(), warmUpClip, { renditions: [{ height: 360 }] });
    },
  };
}
