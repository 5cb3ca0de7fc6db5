import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from './load.ts';
import { percentile } from './percentile.ts';
import type { Load } from './start-load.ts';

const CONNECTIONS = 32;
const WARM_UP_REQUESTS = 96;
const BARE_REQUESTS = 320;
/** What follows the answers of one kind of call is not to slow down the next. */
const PAUSE_MS = 4_000;

/** The unit of everything: a route that asks neither database nor cache nor storage. */
export const BARE: Call = { method: 'GET', path: '/health', body: null, keyed: false };

export interface NamedCall {
  name: string;
  call: Call;
  /** In each round. */
  requests: number;
  /** What p50 and p99 may be, in bare ones; null when nothing was promised. */
  limit: number | null;
}

export interface CallFigures {
  name: string;
  requests: number;
  p50_ms: number;
  p99_ms: number;
  requests_per_second: number;
  /** To the bare rounds run just before its own. */
  ratio_p50: number;
  ratio_p99: number;
  limit: number | null;
}

/** Rounds of each call, every one just after a round of the bare route: what the machine does meanwhile hits both. */
export async function measureCalls(load: Load, calls: NamedCall[], rounds: number): Promise<CallFigures[]> {
  const samples = calls.map((named) => ({ named, own: newSample(), bare: newSample() }));
  for (const call of [BARE, ...calls.map((named) => named.call)]) {
    await load.make({ call, connections: CONNECTIONS, requests: WARM_UP_REQUESTS });
  }
  for (let round = 1; round <= rounds; round++) {
    for (const { named, own, bare } of samples) {
      await sleep(PAUSE_MS);
      await addTo(bare, load, BARE, BARE_REQUESTS);
      await addTo(own, load, named.call, named.requests);
    }
    process.stderr.write(`\rround ${round} of ${rounds}`);
  }
  process.stderr.write('\n');
  const everyBare = samples.reduce((all, { bare }) => join(all, bare), newSample());
  return [
    figures({ name: 'bare (GET /health)', limit: null }, everyBare, everyBare),
    ...samples.map(({ named, own, bare }) => figures(named, own, bare)),
  ];
}

interface Sample {
  latenciesMs: number[];
  elapsedMs: number;
}

function newSample(): Sample {
  return { latenciesMs: [], elapsedMs: 0 };
}

function join(a: Sample, b: Sample): Sample {
  return { latenciesMs: [...a.latenciesMs, ...b.latenciesMs], elapsedMs: a.elapsedMs + b.elapsedMs };
}

async function addTo(sample: Sample, load: Load, call: Call, requests: number): Promise<void> {
  const { latenciesMs, elapsedMs } = await load.make({ call, connections: CONNECTIONS, requests });
  sample.latenciesMs.push(...latenciesMs);
  sample.elapsedMs += elapsedMs;
}

function figures(named: Pick<NamedCall, 'name' | 'limit'>, own: Sample, bare: Sample): CallFigures {
  const [p50, p99] = [percentile(own.latenciesMs, 50), percentile(own.latenciesMs, 99)];
  return {
    name: named.name,
    requests: own.latenciesMs.length,
    p50_ms: round(p50, 1),
    p99_ms: round(p99, 1),
    requests_per_second: round((1000 * own.latenciesMs.length) / own.elapsedMs, 0),
    ratio_p50: round(p50 / percentile(bare.latenciesMs, 50), 2),
    ratio_p99: round(p99 / percentile(bare.latenciesMs, 99), 2),
    limit: named.limit,
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
