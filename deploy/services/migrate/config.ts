import { z } from 'zod';
import { refuseDefaultSecrets } from '../program/default-secrets.ts';
import { commonVariables, type Environment, readEnvironment } from '../program/read-environment.ts';

const schema = z.object({
  LOG_LEVEL: commonVariables.LOG_LEVEL,
  ENVIRONMENT: commonVariables.ENVIRONMENT,
  /** Of Postgres itself, or Neon's direct, unpooled address: migrations hold a lock of their session. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
});

/** What the program reads. */
export const migrateVariables: readonly string[] = Object.keys(schema.shape);

export type MigrateConfig = z.output<typeof schema>;

export function readMigrateConfig(env: Environment): MigrateConfig {
  const config = readEnvironment(schema, env);
  refuseDefaultSecrets({ ...env, ENVIRONMENT: config.ENVIRONMENT });
  return config;
}
