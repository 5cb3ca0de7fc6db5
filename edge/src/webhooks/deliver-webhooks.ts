import type { Context } from '../context.ts';
import { forMany } from '../tracing/traced.ts';
import type { Attempt } from './attempt.ts';
import { type ClaimedDelivery, claimDeliveries } from './claim-deliveries.ts';
import { outbound as internet, type Outbound } from './outbound.ts';
import { recordAttempts } from './record-attempts.ts';
import { sendWebhook } from './send-webhook.ts';
import { webhookBody } from './webhook-body.ts';

/** Workers wait for six answers at a time: two are left to the rest of the pass. */
const PARALLEL = 4;
const PARALLEL_TO_WEBHOOK = 2;
/** Nothing is begun later than this: with the longest attempt it makes half of what may follow a response. */
const BEGIN_WITHIN_MS = 10_000;

/**
 * One bounded pass over the deliveries that are due: claim, send, write down; one statement when nothing is due.
 * Returns how many were tried.
 */
export async function deliverWebhooks(outer: Context, outbound: Outbound = internet): Promise<number> {
  const ctx = forMany(outer);
  const claimed = await claimDeliveries(ctx);
  if (claimed.length === 0) return 0;
  const attempts = await sendAll(ctx, outbound, claimed);
  await recordAttempts(
    ctx,
    claimed.map((delivery) => ({ delivery, attempt: attempts.get(delivery.id) ?? null })),
  );
  return attempts.size;
}

/**
 * A few side by side, fewer to one webhook: a slow receiver holds up its own. Whoever finds only deliveries of busy
 * webhooks leaves them to those who are at it.
 */
async function sendAll(
  ctx: Context,
  outbound: Outbound,
  claimed: ClaimedDelivery[],
): Promise<Map<string, Attempt>> {
  const waiting = [...claimed];
  const underWay = new Map<string, number>();
  const attempts = new Map<string, Attempt>();
  const beginBy = ctx.now() + BEGIN_WITHIN_MS;

  const takeNext = (): ClaimedDelivery | null => {
    if (ctx.now() >= beginBy) return null;
    const index = waiting.findIndex(
      (delivery) => (underWay.get(delivery.webhook_id) ?? 0) < PARALLEL_TO_WEBHOOK,
    );
    return index < 0 ? null : (waiting.splice(index, 1)[0] ?? null);
  };
  const sendSome = async () => {
    for (let delivery = takeNext(); delivery; delivery = takeNext()) {
      const { webhook_id } = delivery;
      underWay.set(webhook_id, (underWay.get(webhook_id) ?? 0) + 1);
      attempts.set(delivery.id, await sendTraced(ctx, outbound, delivery));
      underWay.set(webhook_id, (underWay.get(webhook_id) ?? 0) - 1);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, sendSome));
  return attempts;
}

/** Hangs below the request that created the job: whoever delivers does so for many. */
async function sendTraced(ctx: Context, outbound: Outbound, delivery: ClaimedDelivery): Promise<Attempt> {
  const span = ctx.tracing.none.below(delivery.traceparent).begin('deliver webhook', { kind: 'client' });
  const attempt = await sendWebhook(ctx, outbound, messageOf(delivery));
  span.set({
    'http.request.method': 'POST',
    'server.address': URL.parse(delivery.url)?.hostname ?? '',
    ...(attempt.status === null ? {} : { 'http.response.status_code': attempt.status }),
  });
  span.end(attempt.error ?? undefined);
  return attempt;
}

function messageOf(delivery: ClaimedDelivery) {
  const { url, event_id, secret, previous_secret } = delivery;
  return {
    url,
    id: event_id,
    body: webhookBody({ type: delivery.type, occurredAt: delivery.occurred_at, data: delivery.data }),
    secrets: previous_secret === null ? [secret] : [secret, previous_secret],
  };
}
