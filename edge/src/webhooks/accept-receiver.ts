import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { parseReceiverUrl } from './receiver-url.ts';

/** The URL in the notation that is kept and called. Refuses with `webhook_url_refused`. */
export function acceptReceiver(ctx: Context, text: string): string {
  const receiver = parseReceiverUrl(text, { loopback: ctx.config.webhookLoopback });
  if ('refusal' in receiver) throw new Refusal('webhook_url_refused', `"${text}": ${receiver.refusal}`);
  return receiver.url.href;
}
