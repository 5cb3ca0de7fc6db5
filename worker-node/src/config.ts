import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

/*
 * Everything a process is told from outside, read once. Names are those of the environment; docs/ lists them.
 */

const url = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .transform((text) => text.replace(/\/+$/, ''));

const secret = z.string({ error: 'is required' }).min(1, 'is required');

const count = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`));

const port = count(0, 65_535);

const flag = (otherwise: 'true' | 'false') =>
  z
    .enum(['true', 'false'])
    .default(otherwise)
    .transform((text) => text === 'true');

const MIB = 1024 ** 2;

const common = z.object({
  HOST: z.string().default('0.0.0.0'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

const fleet = common.extend({
  FLEET_TOKEN: secret,
  /** Where spans are sent by OTLP over HTTP. Left out: nothing is traced. */
  OTEL_EXPORTER_OTLP_ENDPOINT: url.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().optional(),
});

export const bridgeEnv = fleet
  .extend({
    PORT: port.default(9101),
    EDGE_URL: url,
    QUEUE_API_URL: url.default('https://api.cloudflare.com/client/v4'),
    CLOUDFLARE_ACCOUNT_ID: secret,
    QUEUE_ID: secret,
    QUEUE_API_TOKEN: secret,
    /** Between two pulls when the first found nothing: pulls are billed. */
    QUEUE_IDLE_PULL_MS: count(10, 60_000).default(500),
    /** "true" tells Kubernetes what the end of each worker's pod would cost: docs/kubernetes.md. */
    POD_DELETION_COST: flag('false'),
    /** What Kubernetes sets in every pod. */
    KUBERNETES_SERVICE_HOST: z.string().optional(),
    KUBERNETES_SERVICE_PORT: port.default(443),
    /** Where the service account's token, namespace and certificate authority are mounted. */
    KUBERNETES_ACCOUNT_DIR: z.string().default('/var/run/secrets/kubernetes.io/serviceaccount'),
  })
  .refine((env) => !env.POD_DELETION_COST || env.KUBERNETES_SERVICE_HOST !== undefined, {
    path: ['KUBERNETES_SERVICE_HOST'],
    error: 'is required by POD_DELETION_COST, and is there inside Kubernetes',
  });

export const workerEnv = fleet.extend({
  PORT: port.default(9111),
  BRIDGE_URL: z
    .string({ error: 'is required' })
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.tuple([url], url)),
  SLOTS: count(1, 256).default(1),
  SCRATCH_DIR: z.string().default(join(tmpdir(), 'millrace')),
  SOURCE_CACHE_BYTES: count(64 * MIB, Number.MAX_SAFE_INTEGER).default(8 * 1024 * MIB),
  FFMPEG_PATH: z.string().default('ffmpeg'),
  FFPROBE_PATH: z.string().default('ffprobe'),
  MACHINE_ID: z.string().default(hostname()),
  /** "false" for a worker that may not reach the internet: tasks that fetch a source from a URL go to others. */
  FETCH_URLS: flag('true'),
  /** "true" lets sources be fetched from this very machine: for one machine only. */
  FETCH_LOOPBACK: flag('false'),
});

export const grpcEnv = common
  .extend({
    PORT: port.default(9121),
    GRPC_PORT: port.default(50_051),
    EDGE_URL: url,
    /** In PEM. Left out: plain text, which is for one machine or behind a proxy that has the certificate. */
    GRPC_TLS_CERT_FILE: z.string().optional(),
    GRPC_TLS_KEY_FILE: z.string().optional(),
  })
  .refine((env) => (env.GRPC_TLS_CERT_FILE === undefined) === (env.GRPC_TLS_KEY_FILE === undefined), {
    path: ['GRPC_TLS_KEY_FILE'],
    error: 'and GRPC_TLS_CERT_FILE belong together',
  });

export type BridgeConfig = z.output<typeof bridgeEnv>;
export type WorkerConfig = z.output<typeof workerEnv>;
export type GrpcConfig = z.output<typeof grpcEnv>;

/** The environment does not make sense. The message names every variable and what is wrong with it. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

export function readBridgeConfig(env: Record<string, string | undefined>): BridgeConfig {
  return read(bridgeEnv, env);
}

export function readWorkerConfig(env: Record<string, string | undefined>): WorkerConfig {
  return read(workerEnv, env);
}

export function readGrpcConfig(env: Record<string, string | undefined>): GrpcConfig {
  return read(grpcEnv, env);
}

function read<T>(schema: z.ZodType<T>, env: Record<string, string | undefined>): T {
  // An empty variable is one that was not set: Compose and Kubernetes pass those.
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => `  ${String(issue.path[0])} ${issue.message}`);
  throw new ConfigError(['The environment is not complete:', ...lines].join('\n'));
}
