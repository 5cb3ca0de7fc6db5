import { openRedis, type RedisGate, type RedisSettings } from '../cache/redis-gate.ts';
import { redisStatusCache } from '../cache/redis-status-cache.ts';
import type { Context } from '../context.ts';
import { watchDatabase } from '../testing/watch-database.ts';

export interface Cost {
  /** Round trips to the database; a batch is one. */
  sql: number;
  redis: number;
  /** Requests to storage. */
  storage: number;
}

export interface CostCounter {
  /** As the one it was made of, but that everything is counted. */
  ctx: Context;
  /** What it costs until the work is done. */
  costOf(work: () => Promise<unknown>): Promise<Cost>;
  stop(): Promise<void>;
}

/** Counts what goes over the wire to the three outside systems. */
export async function countCost(outside: Context, redis: RedisSettings): Promise<CostCounter> {
  let cost: Cost = { sql: 0, redis: 0, storage: 0 };
  const watched = await watchDatabase(outside, () => {
    cost.sql += 1;
  });
  const gate = openRedis(redis, { silentUntil: 0 }, outside.now);
  const counted: RedisGate = {
    ask: (question, otherwise) => {
      cost.redis += 1;
      return gate.ask(question, otherwise);
    },
    insist: (question) => {
      cost.redis += 1;
      return gate.insist(question);
    },
  };
  const storage = new Proxy(outside.storage, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function' || String(name).startsWith('presign')) return member;
      return (...given: unknown[]) => {
        cost.storage += 1;
        return Reflect.apply(member, target, given);
      };
    },
  });
  return {
    ctx: { ...outside, db: watched.db, statusCache: redisStatusCache(counted), storage },
    async costOf(work) {
      cost = { sql: 0, redis: 0, storage: 0 };
      await work();
      return cost;
    },
    stop: watched.stop,
  };
}
