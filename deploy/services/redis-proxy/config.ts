import { z } from 'zod';
import { refuseDefaultSecrets } from '../program/default-secrets.ts';
import { commonVariables, type Environment, port, readEnvironment } from '../program/read-environment.ts';

const schema = z.object({
  ...commonVariables,
  PORT: port.default(8092),
  REDIS_URL: z.url({ protocol: /^rediss?$/ }),
  /** What callers must bear. */
  REDIS_REST_TOKEN: z.string().min(16),
});

/** What the program reads. */
export const redisProxyVariables: readonly string[] = Object.keys(schema.shape);

export type RedisProxyConfig = z.output<typeof schema>;

export function readRedisProxyConfig(env: Environment): RedisProxyConfig {
  const config = readEnvironment(schema, env);
  refuseDefaultSecrets({ ...env, ENVIRONMENT: config.ENVIRONMENT });
  return config;
}
