import { z } from 'zod';
import type { RedisGate } from '../cache/redis-gate.ts';

/** One answered request. Every part is of a bounded set, so that the number of series is. */
export interface RequestRecord {
  method: string;
  /** The route's pattern, never the path. */
  endpoint: string;
  status: number;
  seconds: number;
}

/** Counts kept outside the isolate: isolates share no memory and come and go. Never throws. */
export interface RequestMetrics {
  record(request: RequestRecord): Promise<void>;
  /** Field → value as written by `record`; empty when Redis is away. */
  read(): Promise<Record<string, string>>;
}

const HASH = 'metrics:http';

/** Redis's own form of a hash, which the client leaves alone: field, value, field, value. */
const flatReply = z.array(z.string());

/** Upper bounds in seconds. */
export const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function redisRequestMetrics(gate: RedisGate): RequestMetrics {
  return {
    async record({ method, endpoint, status, seconds }) {
      const series = `${method} ${endpoint}`;
      const bucket = DURATION_BUCKETS.find((bound) => seconds <= bound) ?? '+Inf';
      await gate.ask<unknown>(
        (redis) =>
          redis
            .pipeline()
            .hincrby(HASH, `count ${series} ${status}`, 1)
            .hincrby(HASH, `bucket ${series} ${bucket}`, 1)
            .hincrbyfloat(HASH, `sum ${series}`, Number(seconds.toFixed(6)))
            .exec(),
        null,
      );
    },

    async read() {
      const reply = flatReply.safeParse(await gate.ask<unknown>((redis) => redis.hgetall(HASH), null));
      return reply.success ? pairs(reply.data) : {};
    },
  };
}

function pairs(flat: string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) record[flat[i] ?? ''] = flat[i + 1] ?? '';
  return record;
}
