import { z } from 'zod';

const ANSWER_WITHIN_MS = 30_000;

export interface DeadNudges {
  /** How many there are, about, and when the oldest was sent; null when the queue does not say. */
  look(): Promise<{ count: number; oldestAt: string | null }>;
  /** Throws them away. */
  drain(): Promise<void>;
}

const metrics = z.object({
  backlog_count: z.number(),
  oldest_message_timestamp_ms: z.number().nullish(),
});
const envelope = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).default([]),
  result: z.unknown().optional(),
});

/** The dead-letter queue by Cloudflare's API. `url` ends with the queue's id. */
export function deadNudges({ url, token }: { url: string; token: string }): DeadNudges {
  async function call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const answer = envelope.parse(await response.json());
    if (response.ok && answer.success) return answer.result;
    const errors = answer.errors.map(({ code, message }) => `${code} ${message}`).join('; ');
    throw new Error(`${method} ${path}: ${response.status} ${errors}`);
  }
  return {
    async look() {
      const { backlog_count, oldest_message_timestamp_ms: oldest } = metrics.parse(
        await call('GET', '/metrics'),
      );
      return { count: backlog_count, oldestAt: oldest ? new Date(oldest).toISOString() : null };
    },
    async drain() {
      await call('POST', '/purge', { delete_messages_permanently: true });
    },
  };
}
