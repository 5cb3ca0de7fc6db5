import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';

/** What the Worker needs and no file of the repository holds. docs/cloudflare.md says where each comes from. */
export const REQUIRED_SECRETS = [
  'DATABASE_URL',
  'UPSTASH_REDIS_REST_URL',
  'UPSTASH_REDIS_REST_TOKEN',
  'S3_ACCESS_KEY',
  'S3_SECRET_KEY',
  'FLEET_TOKEN',
  'PLAYBACK_SECRET',
  'OPERATOR_TOKEN',
] as const;
/** The headers may hold the key of whoever takes the spans. */
export const OPTIONAL_SECRETS = ['METRICS_TOKEN', 'OTEL_EXPORTER_OTLP_HEADERS'] as const;
const ALL: readonly string[] = [...REQUIRED_SECRETS, ...OPTIONAL_SECRETS];

export type Secrets = ReadonlyMap<string, string>;

/** The secrets that were given, in a file of NAME=value lines or in the environment, which wins. */
export async function readSecrets(env: NodeJS.ProcessEnv, file?: string): Promise<Secrets> {
  const written = file === undefined ? {} : parseEnv(await readSecretsFile(file));
  const unknown = Object.keys(written).filter((name) => !ALL.includes(name));
  if (unknown.length > 0) throw new Error(`${file}: not secrets of the Worker: ${unknown.join(', ')}`);
  const given = ALL.map((name) => [name, env[name] || written[name] || ''] as const);
  return new Map(given.filter(([, value]) => value !== ''));
}

/** Which secrets this deployment sets. Throws naming all that are missing, or were to be rotated and not given. */
export function secretsToSet(
  given: Secrets,
  existing: readonly string[],
  rotate: readonly string[],
): { name: string; mark: '+' | '~' | '=' }[] {
  const unknown = rotate.filter((name) => !ALL.includes(name));
  if (unknown.length > 0) throw new Error(`--rotate: not secrets of the Worker: ${unknown.join(', ')}`);
  const missing = [
    ...REQUIRED_SECRETS.filter((name) => !existing.includes(name) && !given.has(name)),
    ...rotate.filter((name) => !given.has(name)),
  ];
  if (missing.length > 0)
    throw new Error(
      `Secrets are missing: ${missing.join(', ')}. Give them in the environment, or in --secrets FILE.`,
    );
  return ALL.filter((name) => existing.includes(name) || given.has(name)).map((name) => {
    if (!existing.includes(name)) return { name, mark: '+' };
    return { name, mark: rotate.includes(name) ? '~' : '=' };
  });
}

/** Text in which no secret stands any more, whoever wrote it. */
export function withoutSecrets(text: string, secrets: Secrets, ...more: string[]): string {
  return [...secrets.values(), ...more]
    .filter((value) => value.length >= 6)
    .sort((a, b) => b.length - a.length)
    .reduce((cleaned, value) => cleaned.replaceAll(value, '…'), text);
}

function readSecretsFile(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`${file} cannot be read`, { cause });
  });
}
