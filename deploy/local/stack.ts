import { bringUp } from './stack/bring-up.ts';
import { claimStateDir } from './stack/claim.ts';
import type { ControlPlane } from './stack/control-plane-up.ts';
import { rotateLogs } from './stack/rotate-logs.ts';
import type { Secrets } from './stack/secrets.ts';
import type { Service, ServiceEvent } from './stack/service.ts';
import { forgetState, type StateDir, stateDirAt } from './stack/state-dir.ts';
import { createTeardown } from './stack/teardown.ts';

export interface StackOptions {
  /** Holds everything the stack keeps; one stack at a time. */
  stateDir: string;
  /** Forget what an earlier stack has kept there. */
  fresh?: boolean;
  /** Left out: any free port, the same again next time if possible. */
  apiPort?: number;
  /** GraphQL at an address of its own. Left out: as with `apiPort`. */
  graphqlPort?: number;
  /** Native gRPC. Left out: as with `apiPort`. */
  grpcPort?: number;
  workers: number;
  /** `replace` starts bridge and workers again when they end by themselves. */
  whenFleetEnds: 'report' | 'replace';
  /** Left out: `wrangler dev`. */
  controlPlane?: ControlPlane;
  /** On top of what each gets anyway. */
  variables?: { edge?: Variables; bridge?: Variables; worker?: Variables };
  onEvent?: (event: StackEvent) => void;
  /** Aborted while the stack is on its way up: it goes down again. */
  signal?: AbortSignal;
}

export type Variables = Readonly<Record<string, string>>;

export type StackEvent = { type: 'up'; service: Service } | ServiceEvent;

export interface Stack {
  apiUrl: string;
  graphqlUrl: string;
  /** `host:port`, as gRPC clients are told. */
  grpcAddress: string;
  databaseUrl: string;
  redisUrl: string;
  bridgeUrl: string;
  /** Stands in for https://api.cloudflare.com/client/v4. */
  queueUrl: string;
  secrets: Secrets;
  dir: StateDir;
  postgres: Service;
  redis: Service;
  queue: Service;
  edge: Service;
  graphql: Service;
  grpc: Service;
  bridge: Service;
  /** In the order of their numbers: worker-1 comes first. */
  readonly workers: readonly Service[];
  /** One more worker, under the next number. */
  startWorker(): Promise<Service>;
  /** Takes everything down, users before what they use. May be called again. */
  stop(): Promise<void>;
}

/**
 * Millrace on one machine: every service as in production but for the stand-ins of this folder, each a process
 * of ours on 127.0.0.1. When this resolves everything is ready. Throws when something is not, with the end of
 * its log; then nothing is left running.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const dir = stateDirAt(options.stateDir);
  const claim = await claimStateDir(dir);
  const teardown = createTeardown();
  const takeDown = () => teardown.run().finally(claim.release);
  try {
    if (options.fresh) await forgetState(dir);
    await rotateLogs(dir);
    const stack = await bringUp(options, dir, teardown);
    await claim.announce(stack.apiUrl);
    return { ...stack, stop: once(takeDown) };
  } catch (error) {
    await takeDown().catch((left) => {
      throw new AggregateError([error, left], 'the stack could neither be started nor taken down again');
    });
    throw error;
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work();
    return running;
  };
}
