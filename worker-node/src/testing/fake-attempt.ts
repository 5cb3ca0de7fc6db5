import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { objectKey } from '@millrace/shared/storage-keys.ts';
import { mayWrite } from '@millrace/shared/task/outputs.ts';
import type { TaskSpec } from '@millrace/shared/task/task-spec.ts';
import { pino } from 'pino';
import type { AnnouncedInit, AnnouncedSegment, TaskContext } from '../worker/task-context.ts';
import type { FakeStorage } from './fake-storage.ts';

/** One attempt as the control plane would have it, with everything it said. */
export interface FakeAttempt<Spec extends TaskSpec> {
  ctx: TaskContext<Spec>;
  inits: AnnouncedInit[];
  segments: AnnouncedSegment[];
  progress: number[];
  /** Bytes of the source that were fetched for it. */
  sourceBytesRead: number;
  log: string[];
  stop: AbortController;
  /** The key that an object of this attempt is stored under. */
  key(name: string): string;
}

const PROJECT_ID = 'project-1';

let scratchNumber = 0;

export async function fakeAttempt<Spec extends TaskSpec>(
  storage: FakeStorage,
  scratch: string,
  spec: Spec,
  options: {
    taskId: string;
    attempt?: number;
    /** Keys of what may be read, by name, in order. */
    inputs?: ReadonlyMap<string, string>;
    knownInits?: ReadonlyMap<string, string>;
    announced?: ReadonlySet<string>;
  },
): Promise<FakeAttempt<Spec>> {
  scratchNumber += 1;
  const scratchDir = join(scratch, `attempt-${scratchNumber}`);
  await mkdir(scratchDir);
  const { taskId, attempt = 1, inputs = new Map() } = options;
  const key = (name: string) => objectKey(PROJECT_ID, taskId, attempt, name);
  const stop = new AbortController();
  const fake: FakeAttempt<Spec> = {
    inits: [],
    segments: [],
    progress: [],
    sourceBytesRead: 0,
    log: [],
    stop,
    key,
    ctx: {
      taskId,
      attempt,
      jobId: 'job-1',
      projectId: PROJECT_ID,
      spec,
      signal: stop.signal,
      scratchDir,
      log: pino({ level: 'silent' }),
      knownInits: options.knownInits ?? new Map(),
      announced: options.announced ?? new Set(),
      inputNames: [...inputs.keys()],
      async input(name) {
        const found = inputs.get(name);
        if (found === undefined) throw new Error(`${name} is no input`);
        return storage.get(found);
      },
      async output(name) {
        if (!mayWrite(spec, name)) throw new Error(`${spec.kind} may not write ${name}`);
        return storage.put(key(name));
      },
      progress: (workDone) => void fake.progress.push(workDone),
      announce(init, segments) {
        if (init) fake.inits.push(init);
        fake.segments.push(...segments);
      },
      sourceRead(bytes) {
        fake.sourceBytesRead += bytes;
      },
      cpuUsed() {},
      logLine: (line) => void fake.log.push(line),
    },
  };
  return fake;
}
