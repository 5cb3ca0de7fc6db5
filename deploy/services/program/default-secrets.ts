import type { Environment } from './read-environment.ts';
import { ConfigError } from './read-environment.ts';

/** What the template of Compose gives for one machine. Everybody knows them. */
export const DEFAULT_SECRETS = {
  POSTGRES_PASSWORD: 'postgres',
  S3_ACCESS_KEY: 'minioadmin',
  S3_SECRET_KEY: 'minioadmin',
} as const;

/** Every other secret of the template has this in it. */
export const LOCAL_MARK = 'local-only';

/** Refuses, in production, secrets that are in the template: by themselves, or inside an address such as DATABASE_URL. */
export function refuseDefaultSecrets(env: Environment): void {
  if (env.ENVIRONMENT !== 'production') return;
  const known = Object.entries(DEFAULT_SECRETS).filter(([name, value]) => env[name] === value);
  const marked = Object.entries(env).filter(([, value]) => value?.includes(LOCAL_MARK));
  const addresses = Object.entries(env).filter(([, value]) => hasKnownPassword(value ?? ''));
  const refused = [...new Set([...known, ...marked, ...addresses].map(([name]) => name))];
  if (refused.length === 0) return;
  throw new ConfigError(
    `${refused.join(', ')}: the secrets of env.template are for one machine, and refused when ENVIRONMENT is production`,
  );
}

function hasKnownPassword(text: string): boolean {
  const password = URL.parse(text)?.password ?? '';
  return new Set<string>(Object.values(DEFAULT_SECRETS)).has(decodeURIComponent(password));
}
