import type { Context } from '../context.ts';
import { eraseObjects } from '../erasure/erase-objects.ts';
import { retain } from '../erasure/retain.ts';
import { attempted } from '../log.ts';
import { expireUploads } from '../uploads/expire-uploads.ts';
import { deliverWebhooks } from '../webhooks/deliver-webhooks.ts';
import { reap } from './reap.ts';
import { relayNudges } from './relay.ts';
import { restUntil } from './rest-until.ts';

/** What time makes wrong, put right in one bounded pass. No part stops another: the queue may be away, storage too. */
export async function maintain(ctx: Context): Promise<void> {
  const isReaped = await attempted(ctx, 'reap', reap(ctx));
  let isMoreToRetain = false;
  const retaining = async () => {
    isMoreToRetain = await retain(ctx);
  };
  const parts = await Promise.all([
    attempted(ctx, 'relay nudges', relayNudges(ctx)),
    attempted(ctx, 'erase objects', eraseObjects(ctx)),
    attempted(ctx, 'retain', retaining()),
    attempted(ctx, 'expire uploads', expireUploads(ctx)),
  ]);
  const isAllDone = isReaped && !isMoreToRetain && parts.every((isDone) => isDone);
  await attempted(ctx, 'come to rest', comeToRest(ctx, isAllDone));
  // Receivers may be slow: nothing waits behind them.
  await attempted(ctx, 'deliver webhooks', deliverWebhooks(ctx));
}

/** What is left, and what could not be done, has its turn with the next pass: there is no rest before it. */
async function comeToRest(ctx: Context, isAllDone: boolean): Promise<void> {
  await ctx.quiet.settle(isAllDone ? await restUntil(ctx) : null);
}
