import { create } from '@bufbuild/protobuf';
import { type SignedUrl, SignUrlsRequestSchema } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { backoffMs } from '../clock/backoff.ts';
import type { Clock, Random } from '../clock/clock.ts';
import { within } from '../clock/within.ts';
import type { FleetClient } from '../fleet/fleet-client.ts';
import { isTransient } from '../fleet/is-transient.ts';
import type { Attempt } from './attempt.ts';
import { type SignedRequest, TaskFailure } from './task-context.ts';

const CALL_TIMEOUT_MS = 10_000;
const TRIES = 6;

export interface SignedUrls {
  input(name: string, fresh?: boolean): Promise<SignedRequest>;
  output(name: string, fresh?: boolean): Promise<SignedRequest>;
}

export interface SignedUrlDeps {
  clock: Clock;
  random: Random;
  fleet: FleetClient;
}

/** The presigned URLs of one attempt: those that came with it, and those the edge signs on request. */
export function createSignedUrls(deps: SignedUrlDeps, attempt: Attempt): SignedUrls {
  const { taskId, attempt: number, leaseToken } = attempt.assignment;
  const inputs = byName(attempt.assignment.inputs);
  const outputs = byName(attempt.assignment.outputs);

  async function get(direction: 'inputs' | 'outputs', name: string, fresh: boolean): Promise<SignedRequest> {
    const known = direction === 'inputs' ? inputs : outputs;
    const held = fresh ? undefined : known.get(name);
    if (held) return held;
    const request = create(SignUrlsRequestSchema, {
      taskId,
      attempt: number,
      leaseToken,
      [direction]: [name],
    });
    const answer = await ask(request);
    for (const [signedName, url] of byName(answer[direction])) known.set(signedName, url);
    const signed = known.get(name);
    if (!signed) throw new TaskFailure('worker_error', `the edge signed no URL for ${name}`);
    return signed;
  }

  async function ask(request: Parameters<FleetClient['signUrls']>[0]) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await within(deps.clock, CALL_TIMEOUT_MS, attempt.signal, (signal) =>
          deps.fleet.signUrls(request, { signal }),
        );
      } catch (cause) {
        attempt.signal.throwIfAborted();
        if (!isTransient(cause) || tries === TRIES) {
          throw new TaskFailure('storage_unavailable', 'no URL could be signed', { cause });
        }
        await deps.clock.sleep(backoffMs(tries, deps.random), attempt.signal);
      }
    }
  }

  return {
    input: (name, fresh = false) => get('inputs', name, fresh),
    output: (name, fresh = false) => get('outputs', name, fresh),
  };
}

function byName(urls: readonly SignedUrl[]): Map<string, SignedRequest> {
  return new Map(urls.map(({ name, method, url, headers }) => [name, { method, url, headers }]));
}
