import { setTimeout as sleep } from 'node:timers/promises';
import type { Child, ChildExit } from '../child-process.ts';
import { signalGroup } from '../process-group.ts';

const usualRestartDelaysMs = [200, 500, 1_000, 2_000, 5_000];
/** A process that lived this long has earned a fresh row of delays. */
const steadyAfterMs = 30_000;

export interface ServiceOptions {
  name: string;
  logFile: string;
  /** Below its URL, where Prometheus would read it. */
  metricsPath?: string;
  /** Starts the process, with this log, and waits until it is ready. Every time at the same address. */
  start: (logFile: string) => Promise<RunningChild>;
  /** `replace`: a process that ends by itself is started again, as Kubernetes would. Left out: `report`. */
  whenItEnds?: 'report' | 'replace';
  /** Before each new start; as many starts as there are, until one lives for a while. */
  restartDelaysMs?: readonly number[];
  onEvent: (event: ServiceEvent) => void;
}

export type ServiceEvent =
  /** Ended without being told to. */
  | { type: 'ended'; service: string; logFile: string; exit: ChildExit; willReturn: boolean }
  | { type: 'returned'; service: string }
  /** Could not be started again. */
  | { type: 'lost'; service: string; logFile: string; error: unknown };

export type RunningChild = Child & { url: string };

/** One process of the stack that can be ended and started again under the same name and address. */
export interface Service {
  name: string;
  /** Where it is reached; empty before the first start. */
  readonly url: string;
  readonly metricsUrl: string | null;
  logFile: string;
  /** `undefined` while it is down. */
  readonly pid: number | undefined;
  /** Starts it when it is down; waits until it is ready. */
  start(): Promise<void>;
  /** Asks it to end and waits; whatever remains is killed. It stays down. */
  stop(): Promise<void>;
  /** Ends it at once, with all its descendants. It stays down. */
  kill(): Promise<void>;
}

/** A service that is down; `start` it. */
export function createService(options: ServiceOptions): Service {
  const { name, logFile, metricsPath, onEvent, restartDelaysMs = usualRestartDelaysMs } = options;
  let child: RunningChild | undefined;
  let url = '';
  let launching: Promise<void> = Promise.resolve();
  /** Aborted by `stop` and `kill`: from then on an end is no surprise. */
  let wanted = new AbortController();
  let shortLives = 0;

  function launch(): Promise<void> {
    launching = launchAs(wanted.signal);
    return launching;
  }

  async function launchAs(life: AbortSignal): Promise<void> {
    const launched = await options.start(logFile);
    if (life.aborted) return launched.stop();
    child = launched;
    url = launched.url;
    const startedAtMs = performance.now();
    void launched.exited.then(async (exit) => {
      if (child === launched) child = undefined;
      if (life.aborted) return;
      const willReturn = options.whenItEnds === 'replace';
      onEvent({ type: 'ended', service: name, logFile, exit, willReturn });
      // Its descendants may have outlived it.
      await launched.stop();
      if (performance.now() - startedAtMs > steadyAfterMs) shortLives = 0;
      if (willReturn) await bringBack(life);
    });
  }

  async function bringBack(life: AbortSignal): Promise<void> {
    let lastError: unknown = new Error(`${name} keeps ending`);
    while (shortLives < restartDelaysMs.length) {
      const isWanted = await sleep(restartDelaysMs[shortLives], true, { signal: life }).catch(() => false);
      if (!isWanted) return;
      shortLives += 1;
      try {
        await launch();
        if (!life.aborted) onEvent({ type: 'returned', service: name });
        return;
      } catch (error) {
        lastError = error;
      }
    }
    onEvent({ type: 'lost', service: name, logFile, error: lastError });
  }

  async function end(how: (running: Child) => Promise<unknown>): Promise<void> {
    wanted.abort();
    await launching.catch(() => {});
    if (child === undefined) return;
    const running = child;
    await how(running);
    child = undefined;
  }

  return {
    name,
    logFile,
    get url() {
      return url;
    },
    get metricsUrl() {
      return metricsPath === undefined ? null : url + metricsPath;
    },
    get pid() {
      return child?.pid;
    },
    async start() {
      if (child !== undefined) return;
      wanted.abort();
      wanted = new AbortController();
      shortLives = 0;
      await launch();
    },
    stop: () => end((running) => running.stop()),
    kill: () =>
      end(async (running) => {
        signalGroup(running.pid, 'SIGKILL');
        // Nothing is left to be asked: this only waits and tidies up.
        await running.stop();
      }),
  };
}
