import { isPublicAddress, literalAddress } from '@millrace/shared/net/address-rules.ts';
import type { Config } from '../config.ts';
import type { Attempt } from './attempt.ts';
import type { Outbound } from './outbound.ts';
import { readStart } from './read-start.ts';
import { isThisMachine, parseReceiverUrl } from './receiver-url.ts';
import { resolveName } from './resolve-name.ts';
import { signWebhook } from './sign-webhook.ts';

const ANSWER_BYTES = 200;

/** A message on its way. */
export interface Message {
  url: string;
  /** The same for the same event, however often it is sent. */
  id: string;
  body: string;
  /** One, or two while a rotated one still signs. */
  secrets: string[];
}

type Outcome = Pick<Attempt, 'status' | 'error' | 'answer'>;

/** One attempt. Never throws: whatever happens is its outcome. */
export async function sendWebhook(
  { config, now }: { config: Pick<Config, 'webhookLoopback' | 'dnsOverHttpsUrl'>; now(): number },
  outbound: Outbound,
  message: Message,
): Promise<Attempt> {
  const startedAt = now();
  const refused = await refuseReceiver(config, outbound, message.url);
  const outcome = refused
    ? { status: null, error: refused, answer: null }
    : await post(outbound, message, Math.floor(startedAt / 1000));
  return { at: new Date(startedAt).toISOString(), ...outcome, duration_ms: Math.round(now() - startedAt) };
}

/**
 * Names may lead elsewhere than they did: they are asked again for every attempt. The connection asks once more by
 * itself, which cannot be prevented here; on Cloudflare it has no private network to reach.
 */
async function refuseReceiver(
  config: Pick<Config, 'webhookLoopback' | 'dnsOverHttpsUrl'>,
  outbound: Outbound,
  text: string,
): Promise<'address_refused' | 'name_unresolved' | null> {
  const receiver = parseReceiverUrl(text, { loopback: config.webhookLoopback });
  if ('refusal' in receiver) return 'address_refused';
  const isNear = config.webhookLoopback && isThisMachine(receiver.url);
  if (isNear || literalAddress(receiver.url) !== null) return null;
  const addresses = await resolveName(outbound, config.dnsOverHttpsUrl, receiver.url.hostname);
  if (!addresses) return 'name_unresolved';
  return addresses.every(isPublicAddress) ? null : 'address_refused';
}

async function post(outbound: Outbound, message: Message, timestamp: number): Promise<Outcome> {
  const { url, id, body, secrets } = message;
  const signal = AbortSignal.timeout(outbound.timeoutMs);
  try {
    const response = await outbound.fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Millrace-Webhooks/1',
        ...(await signWebhook({ id, timestamp, body }, secrets)),
      },
      body,
      redirect: 'manual',
      signal,
    });
    const error = errorOf(response.status);
    const answer = await readStart(response, error === null ? 0 : ANSWER_BYTES);
    return { status: response.status, error, answer };
  } catch {
    return { status: null, error: signal.aborted ? 'timeout' : 'connection_failed', answer: null };
  }
}

function errorOf(status: number): Attempt['error'] {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return 'redirect';
  return status === 410 ? 'gone' : 'status';
}
