interface RedisEnv {
  UPSTASH_REDIS_REST_URL?: unknown;
  UPSTASH_REDIS_REST_TOKEN?: unknown;
  RATE_LIMIT_PER_MINUTE?: unknown;
  [binding: string]: unknown;
}

const WINDOW_SECONDS = 60;
const TIMEOUT_MS = 500;

/**
 * What Cloudflare's rate-limit binding is for several edges: one count for all of them, in Redis. The Worker asks it only
 * about callers it has itself seen often. While Redis is away everybody is let in: each edge still counts for itself.
 */
export function sharedRateLimiter(env: RedisEnv): {
  limit(options: { key: string }): Promise<{ success: boolean }>;
} {
  return {
    async limit({ key }) {
      const window = Math.floor(Date.now() / 1000 / WINDOW_SECONDS);
      const name = `rate:${window}:${key}`;
      const used = await count(env, name).catch(() => 0);
      return { success: used <= Number(env.RATE_LIMIT_PER_MINUTE ?? 6_000) };
    },
  };
}

async function count(env: RedisEnv, name: string): Promise<number> {
  const response = await fetch(`${env.UPSTASH_REDIS_REST_URL}/pipeline`, {
    method: 'POST',
    headers: { authorization: `Bearer ${env.UPSTASH_REDIS_REST_TOKEN}` },
    body: JSON.stringify([
      ['INCR', name],
      ['EXPIRE', name, 2 * WINDOW_SECONDS],
    ]),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const [counted] = (await response.json()) as [{ result: number }];
  return counted.result;
}
