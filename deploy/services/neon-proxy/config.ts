import { z } from 'zod';
import { refuseDefaultSecrets } from '../program/default-secrets.ts';
import { commonVariables, type Environment, port, readEnvironment } from '../program/read-environment.ts';

const schema = z.object({
  ...commonVariables,
  PORT: port.default(8091),
  /** Of Postgres itself. Callers name the same user, password and database. */
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .refine((text) => URL.parse(text)?.password !== '', 'must have a password: callers are told by it'),
  POOL_SIZE: z.coerce.number().int().min(1).max(1_000).default(20),
});

/** What the program reads. */
export const neonProxyVariables: readonly string[] = Object.keys(schema.shape);

export type NeonProxyConfig = z.output<typeof schema>;

export function readNeonProxyConfig(env: Environment): NeonProxyConfig {
  const config = readEnvironment(schema, env);
  refuseDefaultSecrets({ ...env, ENVIRONMENT: config.ENVIRONMENT });
  return config;
}
