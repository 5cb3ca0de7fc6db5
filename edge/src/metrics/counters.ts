import { z } from 'zod';
import type { RedisGate } from '../cache/redis-gate.ts';

/** Counts kept outside the isolate: isolates share no memory and come and go. Never throws. */
export interface Counters {
  /**
   * Adds to fields. Resolves once they are out of the isolate, or in the hands of another call that takes them out: of an
   * earlier one, or, with `later`, of the next, so that who calls all the time costs one command a minute.
   */
  add(increments: (readonly [field: string, by: number])[], when?: 'soon' | 'later'): Promise<void>;
  /** Field → sum; empty when Redis is away. */
  read(): Promise<Record<string, string>>;
  /** Keeps what the database told last, for a time when it should not be asked. */
  keepStored(families: unknown): Promise<void>;
  /** What was kept; null when nothing is, or Redis is away. */
  readStored(): Promise<unknown>;
}

/** What an isolate has counted and not yet brought out. */
export interface CounterMemory {
  pending: Map<string, number>;
  /** When whoever took it on himself brings it out, in milliseconds since the epoch; null when nobody did. */
  dueAt: number | null;
  /** When it was last brought out. */
  outAt: number;
}

export function newCounterMemory(): CounterMemory {
  return { pending: new Map(), dueAt: null, outAt: 0 };
}

const HASH = 'metrics:http';
const STORED = 'metrics:stored';
const STORED_SECONDS = 7_200;
/** Requests of so long a time share one command. */
const GATHER_MS = 1_000;
/** Whoever is so late has been cut off with his request. */
const OVERDUE_MS = 5_000;
/** What is counted for later waits so long for company. */
const LATER_MS = 60_000;
const MAX_FIELDS = 5_000;

const ADD_SCRIPT = `
for i = 1, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[1], ARGV[i], ARGV[i + 1]) end
return 1
`;

/** Redis's own form of a hash, which the client leaves alone: field, value, field, value. */
const flatReply = z.array(z.string());

export function redisCounters(
  gate: RedisGate,
  memory: CounterMemory,
  now: () => number,
  gatherMs = GATHER_MS,
): Counters {
  const keep = (increments: (readonly [string, number])[]) => {
    for (const [field, by] of increments) {
      if (memory.pending.size >= MAX_FIELDS && !memory.pending.has(field)) continue;
      memory.pending.set(field, (memory.pending.get(field) ?? 0) + by);
    }
  };
  return {
    async add(increments, when = 'soon') {
      keep(increments);
      if (memory.dueAt !== null && now() < memory.dueAt + OVERDUE_MS) return;
      if (when === 'later' && now() < memory.outAt + LATER_MS) return;
      memory.dueAt = now() + gatherMs;
      memory.outAt = memory.dueAt;
      await new Promise((resolve) => setTimeout(resolve, gatherMs));
      const taken = [...memory.pending];
      memory.pending.clear();
      memory.dueAt = null;
      const values = taken.flatMap(([field, by]) => [field, String(Number(by.toFixed(6)))]);
      const isOut = await gate.ask<unknown>((redis) => redis.eval(ADD_SCRIPT, [HASH], values), null);
      if (isOut === null) keep(taken);
    },

    async read() {
      const reply = flatReply.safeParse(await gate.ask<unknown>((redis) => redis.hgetall(HASH), null));
      return reply.success ? pairs(reply.data) : {};
    },

    async keepStored(families) {
      const text = JSON.stringify(families);
      await gate.ask<unknown>((redis) => redis.set(STORED, text, { ex: STORED_SECONDS }), null);
    },

    async readStored() {
      const text = await gate.ask((redis) => redis.get<string>(STORED), null);
      return typeof text === 'string' ? JSON.parse(text) : null;
    },
  };
}

function pairs(flat: string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) record[flat[i] ?? ''] = flat[i + 1] ?? '';
  return record;
}
