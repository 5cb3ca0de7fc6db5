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
  await attempted('reap', reap(ctx));
  await Promise.all([
    attempted('relay nudges', relayNudges(ctx)),
    attempted('erase objects', eraseObjects(ctx)),
    attempted('retain', retain(ctx)),
    attempted('expire uploads', expireUploads(ctx)),
    attempted('deliver webhooks', deliverWebhooks(ctx)),
  ]);
  await attempted('come to rest', comeToRest(ctx));
}

async function comeToRest(ctx: Context): Promise<void> {
  await ctx.quiet.settle(await restUntil(ctx));
}
