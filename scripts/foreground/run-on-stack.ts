import { logTail } from '../../deploy/local/log-tail.ts';
import { signalGroup } from '../../deploy/local/process-group.ts';
import type { Service } from '../../deploy/local/stack/service.ts';
import { type Stack, type StackEvent, type StackOptions, startStack } from '../../deploy/local/stack.ts';
import { interruptedExitCode, stopRequest } from './stop-request.ts';

export interface StackRun {
  options: Omit<StackOptions, 'signal' | 'whenFleetEnds' | 'onEvent'>;
  onEvent: (event: StackEvent) => void;
  /** What the stack is for. `ended` is aborted when somebody wants it to end, or when it can no longer work. */
  use: (stack: Stack, ended: AbortSignal) => Promise<number>;
  /** Called once, when the stack is about to go down. */
  onStopping: () => void;
}

/**
 * Brings a stack up, uses it, takes it down and returns the exit code. Ctrl-C ends the use, a second one kills
 * everything at once. Throws when the stack cannot be started, or when it loses a service it cannot replace.
 */
export async function runOnStack({ options, onEvent, use, onStopping }: StackRun): Promise<number> {
  const running: Service[] = [];
  const stop = stopRequest(() => {
    for (const { pid } of running) if (pid !== undefined) signalGroup(pid, 'SIGKILL');
    process.exit(interruptedExitCode);
  });
  const lost = new AbortController();
  const ended = AbortSignal.any([stop, lost.signal]);
  const listen = (event: StackEvent) => {
    if (event.type === 'up') running.push(event.service);
    onEvent(event);
    if (event.type === 'lost' || (event.type === 'ended' && !event.willReturn)) lost.abort(event);
  };

  ended.addEventListener('abort', onStopping, { once: true });
  let exitCode = interruptedExitCode;
  try {
    const stack = await startStack({ ...options, whenFleetEnds: 'replace', onEvent: listen, signal: ended });
    try {
      exitCode = await use(stack, ended);
    } finally {
      if (!ended.aborted) onStopping();
      await stack.stop();
    }
  } catch (error) {
    if (!ended.aborted) throw error;
  }
  if (lost.signal.aborted) throw new Error(await lossMessage(lost.signal.reason));
  return exitCode;
}

async function lossMessage(event: Exclude<StackEvent, { type: 'up' | 'returned' }>): Promise<string> {
  const log = `The end of ${event.logFile}:\n${await logTail(event.logFile)}`;
  if (event.type === 'ended') {
    const how = event.exit.signal ?? `exit code ${event.exit.code}`;
    return `${event.service} ended by itself (${how}). ${log}`;
  }
  const reason = event.error instanceof Error ? event.error.message : String(event.error);
  return `${event.service} could not be started again: ${reason}`;
}
