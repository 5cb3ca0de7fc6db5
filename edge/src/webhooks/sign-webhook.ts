import { secretBytes } from './webhook-secret.ts';

/**
 * The headers that prove where a message comes from, by Standard Webhooks 1.0: HMAC-SHA-256 of "id.timestamp.body", one
 * signature for each secret.
 *
 * @param timestamp When it is sent, in seconds since the epoch.
 */
export async function signWebhook(
  message: { id: string; timestamp: number; body: string },
  secrets: string[],
): Promise<Record<string, string>> {
  const signed = `${message.id}.${message.timestamp}.${message.body}`;
  const signatures = await Promise.all(secrets.map((secret) => signature(secret, signed)));
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestamp),
    'webhook-signature': signatures.join(' '),
  };
}

async function signature(secret: string, signed: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', secretBytes(secret), algorithm, false, ['sign']);
  const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(signed));
  return `v1,${btoa(String.fromCharCode(...new Uint8Array(mac)))}`;
}
