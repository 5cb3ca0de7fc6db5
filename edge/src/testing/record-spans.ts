import { toHex } from '@millrace/shared/hex.ts';
import { inject } from 'vitest';
import { openRedis } from '../cache/redis-gate.ts';
import { redisStatusCache } from '../cache/redis-status-cache.ts';
import type { Context } from '../context.ts';
import { openDatabase } from '../db/database.ts';
import type { EndedSpan } from '../tracing/otlp-json.ts';
import { requestTrace } from '../tracing/request-trace.ts';

/** The context of one request where traces are recorded, the spans that it has sent, and how many it has begun. */
export function recordSpans(ctx: Context): { ctx: Context; sent: EndedSpan[]; begun: () => number } {
  const sent: EndedSpan[] = [];
  let begun = 0;
  const { config, now, waitUntil } = ctx;
  const tracing = requestTrace({
    ...{ now, waitUntil, ratio: 1 },
    randomHex(bytes) {
      begun += bytes === 8 ? 1 : 0;
      return toHex(ctx.random.bytes(bytes));
    },
    send: async (spans) => void sent.push(...spans),
  });
  const connectAt: Context['connectAt'] = (trace) => ({
    db: openDatabase(config.databaseUrl, config.neonFetchEndpoint, trace),
    statusCache: redisStatusCache(openRedis(inject('services').redis, { silentUntil: 0 }, now, trace)),
  });
  return { ctx: { ...ctx, tracing, trace: tracing.none, connectAt }, sent, begun: () => begun };
}
