import path from 'node:path';
import { startChild } from '../child-process.ts';
import { answers } from './answers.ts';
import { repositoryRoot } from './repository-root.ts';
import type { RunningChild } from './service.ts';

const program = path.join(repositoryRoot, 'worker-node/src/main.ts');

/**
 * Of Node, for every role. Collecting garbage on threads of their own would take the cores from ffmpeg: what there is to
 * look through is some 30 MB.
 */
export const NODE_OPTIONS = ['--disable-warning=ExperimentalWarning', '--single-threaded-gc'];

export interface FleetProcess {
  role: 'bridge' | 'worker' | 'grpc';
  name: string;
  port: number;
  /** On top of where it listens. */
  environment: Readonly<Record<string, string>>;
  logFile: string;
}

/** A bridge, a worker or the gRPC door, as its image would start it. Ready when `/readyz` says so. */
export async function startFleetProcess(fleetProcess: FleetProcess): Promise<RunningChild> {
  const { role, name, port, environment, logFile } = fleetProcess;
  const url = `http://127.0.0.1:${port}`;
  const child = await startChild({
    name,
    command: process.execPath,
    args: [...NODE_OPTIONS, program, role],
    cwd: repositoryRoot,
    env: { HOST: '127.0.0.1', PORT: String(port), ...environment },
    logFile,
    isReady: () => answers(`${url}/readyz`),
    // A worker hands back what it is working on before it ends: at most 27 s.
    stopTimeoutMs: 30_000,
  });
  return { ...child, url };
}
