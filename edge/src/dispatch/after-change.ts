import type { Context } from '../context.ts';
import { attempted } from '../log.ts';
import type { JobRecord } from '../status/job-record.ts';
import { cacheRecord } from '../status/refresh-status.ts';
import { deliverWebhooks } from '../webhooks/deliver-webhooks.ts';
import { relayNudges } from './relay.ts';

/** What a change entails once its sender has the answer: nudges and webhooks go out, and the status is fresh. */
export function afterChange(ctx: Context, changed: JobRecord[]): void {
  ctx.waitUntil(
    Promise.all([
      attempted('relay nudges', relayNudges(ctx)),
      attempted('deliver webhooks', deliverWebhooks(ctx)),
      ...changed.map((record) => cacheRecord(ctx, record)),
    ]),
  );
}
