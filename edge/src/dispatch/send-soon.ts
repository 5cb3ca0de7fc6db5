import type { Context } from '../context.ts';
import { attempted } from '../log.ts';
import { deliverWebhooks } from '../webhooks/deliver-webhooks.ts';
import { gather } from './gather.ts';
import { relayNudges } from './relay.ts';

/** Sends the nudges that are there, together with what other requests of the isolate have written meanwhile. */
export async function relaySoon(ctx: Context): Promise<void> {
  await gather(ctx.passes.relay, ctx.now, () => attempted(ctx, 'relay nudges', relayNudges(ctx)));
}

/** The same for webhooks. */
export async function deliverSoon(ctx: Context): Promise<void> {
  await gather(ctx.passes.deliver, ctx.now, () => attempted(ctx, 'deliver webhooks', deliverWebhooks(ctx)));
}
