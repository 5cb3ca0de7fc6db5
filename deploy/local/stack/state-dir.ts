import { rm } from 'node:fs/promises';
import path from 'node:path';
import { removePostgresData } from '../postgres-home.ts';

/** Where one stack keeps what it has to remember. */
export interface StateDir {
  root: string;
  postgres: string;
  redis: string;
  queue: string;
  edge: string;
  /** Scratch disks of the workers. */
  scratch: string;
  logs: string;
  /** Where the two Workers find each other; nobody else's do. */
  registry: string;
  /** wrangler's own configuration, which would otherwise land in the home folder. */
  wrangler: string;
  edgeVariables: string;
  ports: string;
  secrets: string;
  claim: string;
}

export function stateDirAt(root: string): StateDir {
  const at = (name: string) => path.join(path.resolve(root), name);
  return {
    root: path.resolve(root),
    postgres: at('postgres'),
    redis: at('redis'),
    queue: at('queue'),
    edge: at('edge'),
    scratch: at('scratch'),
    logs: at('logs'),
    registry: at('registry'),
    wrangler: at('wrangler'),
    edgeVariables: at('edge.env'),
    ports: at('ports.json'),
    secrets: at('secrets.json'),
    claim: at('stack.json'),
  };
}

/** Forgets jobs, videos and secrets. What was installed or made for other purposes stays. */
export async function forgetState(dir: StateDir): Promise<void> {
  await removePostgresData(dir.postgres);
  const { redis, queue, edge, scratch, logs, registry, wrangler, edgeVariables, ports, secrets } = dir;
  for (const entry of [
    redis,
    queue,
    edge,
    scratch,
    logs,
    registry,
    wrangler,
    edgeVariables,
    ports,
    secrets,
  ]) {
    await rm(entry, { recursive: true, force: true });
  }
}
