import type { Context } from '../context.ts';
import { attempted } from '../log.ts';
import type { JobRecord } from '../status/job-record.ts';
import { cacheRecord } from '../status/refresh-status.ts';
import { beginDeliveries } from '../webhooks/deliver-webhooks.ts';
import { gather } from './gather.ts';
import { relayNudges } from './relay.ts';

/**
 * What a change entails once its sender has the answer: nudges and webhooks go out, and the status is fresh. Requests
 * that come together share one look at the outbox and the deliveries.
 */
export function afterChange(ctx: Context, changed: JobRecord[]): void {
  ctx.waitUntil(
    Promise.all([
      gather(ctx.following, ctx.now, () =>
        Promise.all([
          attempted('relay nudges', relayNudges(ctx)),
          attempted('deliver webhooks', beginDeliveries(ctx)),
        ]),
      ),
      ...changed.map((record) => cacheRecord(ctx, record)),
    ]),
  );
}
