import type { TaskSpec } from '@millrace/shared/task/task-spec.ts';
import type { Logger } from '../logger.ts';
import type { Attempt } from './attempt.ts';
import type { SignedUrls } from './signed-urls.ts';
import type { TaskContext } from './task-context.ts';

export interface ContextParts {
  attempt: Attempt;
  spec: TaskSpec;
  scratchDir: string;
  urls: SignedUrls;
  log: Logger;
  /** Something was announced. */
  onNews(segments: number): void;
}

/** What a task may know and do, made from its attempt. */
export function taskContextOf({ attempt, spec, scratchDir, urls, log, onNews }: ContextParts): TaskContext {
  const { taskId, attempt: number, jobId, projectId, inputs, inits, announced } = attempt.assignment;
  return {
    taskId,
    attempt: number,
    jobId,
    projectId,
    spec,
    signal: attempt.signal,
    scratchDir,
    log,
    trace: attempt.trace,
    knownInits: new Map(inits.map((init) => [init.track, init.sha256])),
    announced: new Set(announced.map((segment) => `${segment.track}/${segment.number}`)),
    inputNames: inputs.map((input) => input.name),
    input: urls.input,
    output: urls.output,
    progress(workDone) {
      attempt.workDone = Math.max(attempt.workDone, Math.floor(workDone));
    },
    announce(init, segments) {
      attempt.announcements.add(init, segments);
      onNews(segments.length);
    },
    sourceRead(bytes) {
      attempt.sourceBytesRead += bytes;
    },
    cpuUsed(micros) {
      attempt.cpuMicros += micros;
    },
    logLine: (line) => attempt.logTail.push(`${line}\n`),
  };
}
