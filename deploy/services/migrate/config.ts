import { z } from 'zod';
import { refuseDefaultSecrets } from '../program/default-secrets.ts';
import {
  ConfigError,
  commonVariables,
  type Environment,
  readEnvironment,
} from '../program/read-environment.ts';

const password = z.string().optional();
/**
 * Of programs beside ours, which take any password. This one uses none of them: it is what everything waits for, so that
 * an installation with those of the template does not come up in production.
 */
const OF_OTHERS = {
  S3_ROOT_PASSWORD: password,
  GRAFANA_PASSWORD: password,
  ELASTICSEARCH_PASSWORD: password,
  KIBANA_PASSWORD: password,
};
/** What the template gives, or its programs when nothing is said. */
const KNOWN_TO_ALL = ['admin', 'minioadmin'];

const schema = z.object({
  LOG_LEVEL: commonVariables.LOG_LEVEL,
  ENVIRONMENT: commonVariables.ENVIRONMENT,
  /** Of Postgres itself, or Neon's direct, unpooled address: migrations hold a lock of their session. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  ...OF_OTHERS,
});

/** What the program reads. */
export const migrateVariables: readonly string[] = Object.keys(schema.shape);

export type MigrateConfig = z.output<typeof schema>;

export function readMigrateConfig(env: Environment): MigrateConfig {
  const config = readEnvironment(schema, env);
  refuseDefaultSecrets({ ...env, ENVIRONMENT: config.ENVIRONMENT });
  refuseKnownPasswords(config);
  return config;
}

/** What `migrate` (the migrations that expand) or `migrate contract` is to run. */
export function readStep(args: readonly string[]): 'expand' | 'contract' {
  if (args.length === 0) return 'expand';
  if (args.length === 1 && args[0] === 'contract') return 'contract';
  throw new ConfigError(`usage: migrate [contract], and not migrate ${args.join(' ')}`);
}

function refuseKnownPasswords(config: MigrateConfig): void {
  if (config.ENVIRONMENT !== 'production') return;
  const known = Object.keys(OF_OTHERS).filter((name) =>
    Object.entries(config).some(([key, value]) => key === name && KNOWN_TO_ALL.includes(value ?? '')),
  );
  if (known.length === 0) return;
  throw new ConfigError(
    `${known.join(', ')}: everybody knows this password; refused when ENVIRONMENT is production`,
  );
}
