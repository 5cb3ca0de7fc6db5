import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'smol-toml';
import { z } from 'zod';
import { readConfig } from '../../edge/src/config.ts';
import { REQUIRED_SECRETS, type Secrets } from './secrets.ts';
import type { Settings } from './settings.ts';

/** What environments do not inherit from the top level of wrangler.toml. */
const OF_THE_TOP_LEVEL_ONLY = ['vars', 'queues', 'r2_buckets', 'ratelimits'];

const fileSchema = z.looseObject({ env: z.record(z.string(), z.looseObject({})).default({}) });

const environmentSchema = z.looseObject({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.string(),
  vars: z.record(z.string(), z.string()),
  triggers: z.object({ crons: z.array(z.string()) }),
  assets: z.object({ directory: z.string() }),
  build: z.object({ command: z.string() }),
  queues: z.object({
    producers: z.array(z.object({ binding: z.literal('NUDGES'), queue: z.string() })).length(1),
  }),
  r2_buckets: z.array(z.object({ binding: z.literal('BUCKET'), bucket_name: z.string() })).length(1),
  ratelimits: z
    .array(
      z.object({
        name: z.literal('RATE_LIMITER'),
        namespace_id: z.string(),
        simple: z.object({ limit: z.number(), period: z.literal(60) }),
      }),
    )
    .length(1),
});

/** An environment of wrangler.toml, with what it inherits. */
export type WorkerEnvironment = z.infer<typeof environmentSchema>;

/** Throws naming what is missing or does not fit together. */
export function readWorkerEnvironment(wranglerToml: string, environment: string): WorkerEnvironment {
  const { env, ...top } = fileSchema.parse(parse(readFileSync(wranglerToml, 'utf8')));
  const own = env[environment];
  if (!own) throw new Error(`${wranglerToml} has no [env.${environment}]`);
  const inherited = Object.entries(top).filter(([key]) => !OF_THE_TOP_LEVEL_ONLY.includes(key));
  const read = environmentSchema.safeParse({ ...Object.fromEntries(inherited), ...own });
  if (!read.success)
    throw new Error(`[env.${environment}] of ${wranglerToml}:\n${z.prettifyError(read.error)}`);
  requireAgreement(read.data);
  return read.data;
}

/** Some things are said twice, to Cloudflare and to our code. */
function requireAgreement({ vars, r2_buckets, ratelimits }: WorkerEnvironment): void {
  const bucket = r2_buckets[0]?.bucket_name;
  if (vars.S3_BUCKET !== bucket)
    throw new Error(`wrangler.toml: S3_BUCKET is ${vars.S3_BUCKET}, but the binding BUCKET is ${bucket}`);
  const limit = ratelimits[0]?.simple.limit;
  if (Number(vars.RATE_LIMIT_PER_MINUTE) !== limit)
    throw new Error(
      `wrangler.toml: RATE_LIMIT_PER_MINUTE is ${vars.RATE_LIMIT_PER_MINUTE}, but RATE_LIMITER allows ${limit}`,
    );
}

export interface Place {
  accountId: string;
  /** Where clients will find the API. */
  publicUrl: string;
  /** Below this lie the paths that wrangler.toml names. */
  root: string;
}

/** The configuration that wrangler is given: wrangler.toml's environment, and what is this account's alone. */
export function workerConfig(
  environment: WorkerEnvironment,
  settings: Settings,
  place: Place,
  databaseUrl: string | undefined,
) {
  const { jurisdiction } = settings.bucket;
  const inRoot = (file: string) => path.resolve(place.root, file);
  return {
    ...environment,
    main: inRoot(environment.main),
    assets: { ...environment.assets, directory: inRoot(environment.assets.directory) },
    build: { ...environment.build, cwd: place.root },
    vars: {
      ...environment.vars,
      S3_ENDPOINT: s3Endpoint(place.accountId, jurisdiction),
      PUBLIC_URL: place.publicUrl,
      ...settings.variables,
    },
    r2_buckets: environment.r2_buckets.map((bucket) =>
      jurisdiction === 'default' ? bucket : { ...bucket, jurisdiction },
    ),
    placement: placementOf(settings.placement ?? neonRegion(databaseUrl)),
    workers_dev: settings.hostname === null,
    preview_urls: false,
  };
}

export type WorkerConfig = ReturnType<typeof workerConfig>;

function placementOf(region: string | null) {
  return region === null ? { mode: 'smart' as const } : { region };
}

function s3Endpoint(accountId: string, jurisdiction: Settings['bucket']['jurisdiction']): string {
  const infix = jurisdiction === 'default' ? '' : `.${jurisdiction}`;
  return `https://${accountId}${infix}.r2.cloudflarestorage.com`;
}

/** Neon's hosts say where they are: ep-NAME.eu-central-1.aws.neon.tech, ep-NAME.westeurope.azure.neon.tech. */
export function neonRegion(databaseUrl: string | undefined): string | null {
  const host = databaseUrl === undefined ? '' : (URL.parse(databaseUrl)?.hostname ?? '');
  const [, region, cloud] = /\.([a-z0-9-]+)\.(aws|azure)\.neon\.tech$/.exec(host) ?? [];
  return region && cloud ? `${cloud}:${region}` : null;
}

/** Throws where the Worker itself would refuse its variables and secrets. Secrets that are there already are taken as good. */
export function requireUsableVariables(config: WorkerConfig, given: Secrets): void {
  const good = Object.fromEntries(REQUIRED_SECRETS.map((name) => [name, 'known-to-cloudflare']));
  readConfig({
    ...good,
    ...{ DATABASE_URL: 'postgres://known', UPSTASH_REDIS_REST_URL: 'https://known.example' },
    ...Object.fromEntries(given),
    ...config.vars,
  });
}
