import { ErrorReply } from 'redis';

/** One entry of an answer. */
export type UpstashReply = { result: unknown } | { error: string };

/** What Upstash makes of a reply of Redis. `base64`: encode every string but a bare OK. */
export function upstashReply(reply: unknown, base64: boolean): UpstashReply {
  if (reply instanceof ErrorReply) return { error: reply.message };
  return { result: plain(reply, base64) };
}

function plain(reply: unknown, base64: boolean): unknown {
  if (Array.isArray(reply)) return reply.map((item) => plain(item, base64));
  if (reply instanceof Uint8Array) return Buffer.from(reply).toString(base64 ? 'base64' : 'utf8');
  if (reply instanceof ErrorReply) return plain(Buffer.from(reply.message), base64);
  // A status of Redis, such as OK or QUEUED.
  if (typeof reply === 'string') return reply === 'OK' ? reply : plain(Buffer.from(reply), base64);
  return reply;
}
