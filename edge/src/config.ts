import { type OtlpSettings, otlpSettings } from '@millrace/shared/trace/otlp-settings.ts';
import { z } from 'zod';
import { ADDRESSINGS, type Addressing } from './storage/object-url.ts';

const DAY_SECONDS = 86_400;
/** S3 and R2 keep one object up to 5 TiB; multipart uploads of 10,000 parts reach it. */
const FIVE_TIB = 5 * 1024 ** 4;

/** An unset variable arrives as an empty string. */
const optionalUrl = z.union([z.literal(''), z.url()]).default('');
/** RFC 6750, 2.1: what can stand behind `Bearer`. */
const optionalToken = z
  .union([
    z.literal(''),
    z.string().regex(/^[\w.~+/=-]{16,}$/, 'must be 16 or more of A-Z a-z 0-9 - . _ ~ + / ='),
  ])
  .default('');
/** The one in use and, after a comma each, earlier ones that are still accepted. */
const rotated = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(z.tuple([z.string().min(16)], z.string().min(16)));
const flag = z.enum(['true', 'false']).default('false');
/** A number from 0 to 1; unset: 1. */
const ratio = z.union([z.literal('').transform(() => 1), z.coerce.number().min(0).max(1)]).default(1);

const variables = z
  .object({
    ENVIRONMENT: z.enum(['local', 'production']),
    /** Postgres connection string, as Neon gives it. */
    DATABASE_URL: z.string().startsWith('postgres'),
    /** Where to send SQL over HTTP; empty for Neon's own endpoint. */
    NEON_FETCH_ENDPOINT: optionalUrl,
    UPSTASH_REDIS_REST_URL: z.url(),
    UPSTASH_REDIS_REST_TOKEN: z.string().min(1),
    S3_ENDPOINT: z.url(),
    /** What presigned URLs name, when clients reach storage under another name than the edge does. */
    S3_PUBLIC_ENDPOINT: optionalUrl,
    /** What presigned URLs for the fleet name, when workers reach storage under yet another name. */
    S3_FLEET_ENDPOINT: optionalUrl,
    S3_REGION: z.string().default('auto'),
    S3_BUCKET: z.string().default('millrace'),
    /** Where the bucket's name stands in a URL. */
    S3_ADDRESSING: z.enum(['', ...ADDRESSINGS]).default(''),
    S3_ACCESS_KEY: z.string().min(1),
    S3_SECRET_KEY: z.string().min(1),
    /** Under which address clients know the API: links begin with it. Empty: as each caller reached it. */
    PUBLIC_URL: optionalUrl,
    /** Bearer secret of the fleet. */
    FLEET_TOKEN: rotated,
    /** Signs playback paths. */
    PLAYBACK_SECRET: rotated,
    STATUS_TTL_SECONDS: z.coerce
      .number()
      .int()
      .min(1)
      .max(30 * DAY_SECONDS)
      .default(3600),
    MAX_SOURCE_BYTES: z.coerce.number().int().positive().max(FIVE_TIB).default(FIVE_TIB),
    /** "true" lets everyone in: for one machine only. */
    OPEN_ACCESS: flag,
    /** Bearer secret of whoever runs the installation; empty for none. */
    OPERATOR_TOKEN: optionalToken,
    /** Bearer secret that reads /metrics and nothing else; empty for none. */
    METRICS_TOKEN: optionalToken,
    /** "true" lets everyone read /metrics. */
    OPEN_METRICS: flag,
    /** Where the identity provider publishes its keys; empty for none. */
    JWT_JWKS_URL: optionalUrl,
    JWT_ISSUER: z.string().default(''),
    JWT_AUDIENCE: z.string().default(''),
    /** The claim that holds the user's role in each project, by project id. */
    JWT_PROJECTS_CLAIM: z.string().min(1).default('millrace_projects'),
    /** "true" lets webhooks go to this very machine: for one machine only. */
    WEBHOOK_LOOPBACK: flag,
    /** Resolves the names of webhook receivers, RFC 8484 JSON. */
    DNS_OVER_HTTPS_URL: z.url().default('https://cloudflare-dns.com/dns-query'),
    /** Requests one caller may make in a minute; the RATE_LIMITER binding should say the same. */
    RATE_LIMIT_PER_MINUTE: z.coerce.number().int().positive().default(6_000),
    /** "false" hides the GraphQL schema. */
    GRAPHQL_INTROSPECTION: z.enum(['true', 'false']).default('true'),
    /** Where spans are sent by OTLP over HTTP; empty: nothing is traced. */
    OTEL_EXPORTER_OTLP_ENDPOINT: optionalUrl,
    OTEL_EXPORTER_OTLP_HEADERS: z.string().default(''),
    /** Of the traces that begin here, the share that is recorded. */
    OTEL_TRACES_SAMPLER_ARG: ratio,
  })
  .refine((env) => !(env.ENVIRONMENT === 'production' && env.OPEN_ACCESS === 'true'), {
    message: 'OPEN_ACCESS must not be true in production',
    path: ['OPEN_ACCESS'],
  })
  .refine((env) => !(env.ENVIRONMENT === 'production' && env.WEBHOOK_LOOPBACK === 'true'), {
    message: 'WEBHOOK_LOOPBACK must not be true in production',
    path: ['WEBHOOK_LOOPBACK'],
  })
  .refine((env) => env.JWT_JWKS_URL === '' || (env.JWT_ISSUER !== '' && env.JWT_AUDIENCE !== ''), {
    message: 'JWT_JWKS_URL needs JWT_ISSUER and JWT_AUDIENCE',
    path: ['JWT_JWKS_URL'],
  })
  .refine((env) => !(env.ENVIRONMENT === 'production' && env.JWT_JWKS_URL.startsWith('http:')), {
    message: 'JWT_JWKS_URL must be https in production',
    path: ['JWT_JWKS_URL'],
  });

/** Every variable that `readConfig` reads. */
export const variableNames: readonly string[] = Object.keys(variables.shape);

export interface Config {
  environment: 'local' | 'production';
  databaseUrl: string;
  neonFetchEndpoint: string | null;
  redis: { url: string; token: string };
  storage: {
    endpoint: string;
    publicEndpoint: string;
    fleetEndpoint: string;
    region: string;
    bucket: string;
    addressing: Addressing;
    accessKeyId: string;
    secretAccessKey: string;
  };
  /** Without a slash at its end; null for the address each caller used. */
  publicUrl: string | null;
  fleetToken: string;
  /** Are taken too. */
  earlierFleetTokens: readonly string[];
  playbackSecret: string;
  /** What they signed still opens. */
  earlierPlaybackSecrets: readonly string[];
  statusTtlSeconds: number;
  maxSourceBytes: number;
  openAccess: boolean;
  operatorToken: string | null;
  metrics: { token: string | null; open: boolean };
  /** Null when no identity provider is configured. */
  jwt: { jwksUrl: string; issuer: string; audience: string; projectsClaim: string } | null;
  webhookLoopback: boolean;
  dnsOverHttpsUrl: string;
  rateLimitPerMinute: number;
  graphqlIntrospection: boolean;
  /** Null: nothing is traced. */
  tracing: { otlp: OtlpSettings; ratio: number } | null;
}

/** Reads the Worker's variables. Throws one error that names everything that is wrong. */
export function readConfig(env: Record<string, unknown>): Config {
  const parsed = variables.safeParse(env);
  if (!parsed.success)
    throw new Error(`The Worker's variables are not usable:\n${z.prettifyError(parsed.error)}`);
  const v = parsed.data;
  const [fleetToken, ...earlierFleetTokens] = v.FLEET_TOKEN;
  const [playbackSecret, ...earlierPlaybackSecrets] = v.PLAYBACK_SECRET;
  const otlp = otlpSettings(v.OTEL_EXPORTER_OTLP_ENDPOINT, v.OTEL_EXPORTER_OTLP_HEADERS);
  return {
    environment: v.ENVIRONMENT,
    databaseUrl: v.DATABASE_URL,
    neonFetchEndpoint: v.NEON_FETCH_ENDPOINT || null,
    redis: { url: v.UPSTASH_REDIS_REST_URL, token: v.UPSTASH_REDIS_REST_TOKEN },
    storage: {
      endpoint: v.S3_ENDPOINT,
      publicEndpoint: v.S3_PUBLIC_ENDPOINT || v.S3_ENDPOINT,
      fleetEndpoint: v.S3_FLEET_ENDPOINT || v.S3_PUBLIC_ENDPOINT || v.S3_ENDPOINT,
      region: v.S3_REGION,
      bucket: v.S3_BUCKET,
      addressing: v.S3_ADDRESSING || 'path',
      accessKeyId: v.S3_ACCESS_KEY,
      secretAccessKey: v.S3_SECRET_KEY,
    },
    publicUrl: v.PUBLIC_URL.replace(/\/+$/, '') || null,
    fleetToken,
    earlierFleetTokens,
    playbackSecret,
    earlierPlaybackSecrets,
    statusTtlSeconds: v.STATUS_TTL_SECONDS,
    maxSourceBytes: v.MAX_SOURCE_BYTES,
    openAccess: v.OPEN_ACCESS === 'true',
    operatorToken: v.OPERATOR_TOKEN || null,
    metrics: { token: v.METRICS_TOKEN || null, open: v.OPEN_METRICS === 'true' },
    jwt:
      v.JWT_JWKS_URL === ''
        ? null
        : {
            jwksUrl: v.JWT_JWKS_URL,
            issuer: v.JWT_ISSUER,
            audience: v.JWT_AUDIENCE,
            projectsClaim: v.JWT_PROJECTS_CLAIM,
          },
    webhookLoopback: v.WEBHOOK_LOOPBACK === 'true',
    dnsOverHttpsUrl: v.DNS_OVER_HTTPS_URL,
    rateLimitPerMinute: v.RATE_LIMIT_PER_MINUTE,
    graphqlIntrospection: v.GRAPHQL_INTROSPECTION === 'true',
    tracing: otlp ? { otlp, ratio: v.OTEL_TRACES_SAMPLER_ARG } : null,
  };
}
