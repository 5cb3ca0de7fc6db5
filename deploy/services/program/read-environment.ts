import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment does not make sense. The message names every variable and what is wrong with it. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Reads variables by their schema. An empty one is one that was not set: Compose and Kubernetes pass those. */
export function readEnvironment<T>(schema: z.ZodType<T>, env: Environment): T {
  const result = schema.safeParse(withoutEmpty(env));
  if (result.success) return result.data;
  throw new ConfigError(`The environment is not complete:\n${z.prettifyError(result.error)}`);
}

export function withoutEmpty(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || value === '' ? [] : [[name, value] as const],
    ),
  );
}

export const port = z.coerce.number().int().min(1).max(65_535);

/** What every program here reads. */
export const commonVariables = {
  HOST: z.string().default('0.0.0.0'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  ENVIRONMENT: z.enum(['local', 'production']).default('production'),
};
