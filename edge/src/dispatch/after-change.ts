import type { Context } from '../context.ts';
import type { JobRecord } from '../status/job-record.ts';
import { cacheRecord } from '../status/refresh-status.ts';
import { deliverSoon, relaySoon } from './send-soon.ts';

/** What a change entails once its sender has the answer: nudges and webhooks go out, and the status is fresh. */
export function afterChange(ctx: Context, changed: JobRecord[]): void {
  ctx.waitUntil(
    Promise.all([relaySoon(ctx), deliverSoon(ctx), ...changed.map((record) => cacheRecord(ctx, record))]),
  );
}
