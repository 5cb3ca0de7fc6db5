import { create } from '@bufbuild/protobuf';
import {
  type SignedUrl,
  SignUrlsRequestSchema,
  type SignUrlsResponse,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { backoffMs } from '../clock/backoff.ts';
import type { Clock, Random } from '../clock/clock.ts';
import { within } from '../clock/within.ts';
import type { FleetClient } from '../fleet/fleet-client.ts';
import { isTransient } from '../fleet/is-transient.ts';
import { TaskFailure } from '../task-failure.ts';
import type { SignedRequest } from '../transfer/signed-request.ts';
import type { Attempt } from './attempt.ts';

const CALL_TIMEOUT_MS = 10_000;
/** A control plane that takes heartbeats and signs nothing for this long does not sign by waiting longer. */
const GIVE_UP_AFTER_MS = 600_000;
/** Names in one request. */
const PAGE = 64;

export interface SignedUrls {
  input(name: string, fresh?: boolean): Promise<SignedRequest>;
  output(name: string, fresh?: boolean): Promise<SignedRequest>;
}

export interface SignedUrlDeps {
  clock: Clock;
  random: Random;
  fleet: FleetClient;
}

/**
 * The presigned URLs of one attempt: those that came with it, and those the edge signs on request. Of a long list only
 * the beginning comes signed; the rest is asked for in pages, from the wanted name on. While the control plane cannot be
 * reached a request waits: the attempt's lease is what ends it.
 */
export function createSignedUrls(deps: SignedUrlDeps, attempt: Attempt): SignedUrls {
  const { clock, random, fleet } = deps;
  const { assignment, signal } = attempt;
  const lists = { inputs: listOf(assignment.inputs), outputs: listOf(assignment.outputs) };

  async function get(direction: 'inputs' | 'outputs', name: string, fresh: boolean): Promise<SignedRequest> {
    const list = lists[direction];
    const held = fresh ? undefined : list.signed.get(name);
    if (held) return held;
    await ((fresh ? undefined : list.flights.get(name)) ?? sign(direction, pageFrom(list, name, fresh)));
    const signed = list.signed.get(name);
    if (!signed) throw new TaskFailure('worker_error', `the edge signed no URL for ${name}`);
    return signed;
  }

  async function sign(direction: 'inputs' | 'outputs', page: readonly string[]): Promise<void> {
    const list = lists[direction];
    const flight = ask(direction, page).then((answer) => {
      for (const [name, url] of signedOf(answer[direction])) list.signed.set(name, url);
    });
    for (const name of page) list.flights.set(name, flight);
    try {
      await flight;
    } finally {
      for (const name of page) if (list.flights.get(name) === flight) list.flights.delete(name);
    }
  }

  async function ask(direction: 'inputs' | 'outputs', names: readonly string[]): Promise<SignUrlsResponse> {
    const { taskId, attempt: number, leaseToken } = assignment;
    const request = create(SignUrlsRequestSchema, {
      taskId,
      attempt: number,
      leaseToken,
      [direction]: [...names],
    });
    const giveUpAt = clock.monotonic() + GIVE_UP_AFTER_MS;
    for (let tries = 1; ; tries += 1) {
      try {
        return await within(clock, CALL_TIMEOUT_MS, signal, (s) => fleet.signUrls(request, { signal: s }));
      } catch (cause) {
        signal.throwIfAborted();
        if (!isTransient(cause) || clock.monotonic() >= giveUpAt) {
          throw new TaskFailure('worker_error', 'no URL could be signed', { cause });
        }
        await clock.sleep(backoffMs(tries, random), signal);
      }
    }
  }

  return {
    input: (name, fresh = false) => get('inputs', name, fresh),
    output: (name, fresh = false) => get('outputs', name, fresh),
  };
}

interface UrlList {
  /** In the edge's order. */
  names: readonly string[];
  signed: Map<string, SignedRequest>;
  /** Names that are being asked for. */
  flights: Map<string, Promise<void>>;
}

function listOf(urls: readonly SignedUrl[]): UrlList {
  return { names: urls.map(({ name }) => name), signed: signedOf(urls), flights: new Map() };
}

/** An entry without a URL is a name that is still to be signed. */
function signedOf(urls: readonly SignedUrl[]): Map<string, SignedRequest> {
  return new Map(
    urls
      .filter(({ url }) => url !== '')
      .map(({ name, method, url, headers }) => [name, { method, url, headers }]),
  );
}

/** The wanted name, and those after it that nobody has asked for. */
function pageFrom({ names, signed, flights }: UrlList, name: string, fresh: boolean): string[] {
  const at = names.indexOf(name);
  if (fresh || at < 0) return [name];
  const open = names.slice(at + 1).filter((other) => !signed.has(other) && !flights.has(other));
  return [name, ...open.slice(0, PAGE - 1)];
}
