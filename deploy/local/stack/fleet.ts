import path from 'node:path';
import { startChild } from '../child-process.ts';
import { answers } from './answers.ts';
import { repositoryRoot } from './repository-root.ts';
import type { RunningChild } from './service.ts';
import type { StateDir } from './state-dir.ts';

export interface FleetProcess {
  role: 'bridge' | 'worker';
  /** Also the name of its log. */
  name: string;
  port: number;
  /** On top of where it listens. */
  environment: Readonly<Record<string, string>>;
}

/** A bridge or a worker, as its image would start it. Ready when `/readyz` says so. */
export async function startFleetProcess(dir: StateDir, fleetProcess: FleetProcess): Promise<RunningChild> {
  const { role, name, port, environment } = fleetProcess;
  const program = path.join(repositoryRoot, 'worker-node/src/main.ts');
  const url = `http://127.0.0.1:${port}`;
  const child = await startChild({
    name,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', program, role],
    cwd: repositoryRoot,
    env: { HOST: '127.0.0.1', PORT: String(port), ...environment },
    logFile: path.join(dir.logs, `${name}.log`),
    isReady: () => answers(`${url}/readyz`),
    // A worker hands back what it is working on before it ends.
    stopTimeoutMs: 15_000,
  });
  return { ...child, url };
}
