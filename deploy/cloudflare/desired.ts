import type { CorsRule, LifecycleRule } from './account/schemas.ts';
import type { Settings } from './settings.ts';
import type { WorkerConfig } from './worker-config.ts';

/** What the account shall have. */
export interface Desired {
  worker: string;
  /** Dead letters first: the consumer names their queue. */
  queues: { name: string; retentionSeconds: number }[];
  consumer: {
    queue: string;
    deadLetterQueue: string;
    batchSize: number;
    maxRetries: number;
    retryDelaySeconds: number;
    visibilityTimeoutMs: number;
  };
  bucket: {
    name: string;
    locationHint: string | null;
    jurisdiction: string;
    cors: CorsRule;
    lifecycle: LifecycleRule[];
  };
  hostname: string | null;
  crons: string[];
  workersDev: boolean;
  /** Names code and configuration together: a version that carries it is this one. */
  tag: string;
  /** What a person wants to know of the Worker beside its version. */
  about: string;
}

/** Rules whose ids begin so are ours; all others in the bucket are left as they are. */
export const OUR_RULES = 'millrace-';
export function isOurs({ id }: { id?: string | undefined }): boolean {
  return id?.startsWith(OUR_RULES) ?? false;
}

const DAY_SECONDS = 86_400;

export function desiredState(config: WorkerConfig, settings: Settings, tag: string): Desired {
  const queue = config.queues.producers[0]?.queue ?? '';
  const deadLetterQueue = `${queue}-dead`;
  const { retentionSeconds, deadLetterRetentionSeconds, ...consumer } = settings.queue;
  return {
    worker: config.name,
    queues: [
      { name: deadLetterQueue, retentionSeconds: deadLetterRetentionSeconds },
      { name: queue, retentionSeconds },
    ],
    consumer: { queue, deadLetterQueue, ...consumer },
    bucket: {
      name: config.r2_buckets[0]?.bucket_name ?? '',
      locationHint: settings.bucket.locationHint,
      jurisdiction: settings.bucket.jurisdiction,
      cors: corsRule([config.vars.PUBLIC_URL, ...settings.webOrigins]),
      lifecycle: lifecycleRules(settings.bucket),
    },
    hostname: settings.hostname,
    crons: config.triggers.crons,
    workersDev: config.workers_dev,
    tag,
    about: aboutWorker(config),
  };
}

/** What browsers do with signed URLs: put files and parts, read their ETags, play and download. */
function corsRule(origins: string[]): CorsRule {
  return {
    id: `${OUR_RULES}web`,
    allowed: {
      methods: ['GET', 'HEAD', 'PUT'],
      origins: [...new Set(origins)],
      // R2 takes no «*» here.
      headers: ['content-length', 'content-type', 'if-match', 'if-none-match', 'range'],
    },
    exposeHeaders: ['Accept-Ranges', 'Content-Length', 'Content-Range', 'ETag'],
    maxAgeSeconds: 3_600,
  };
}

function lifecycleRules({ abortMultipartDays, expire }: Settings['bucket']): LifecycleRule[] {
  const after = (days: number) => ({ condition: { type: 'Age', maxAge: days * DAY_SECONDS } });
  return [
    {
      ...{ id: `${OUR_RULES}abort-multipart`, enabled: true, conditions: { prefix: '' } },
      abortMultipartUploadsTransition: after(abortMultipartDays),
    },
    ...expire.map(({ prefix, days }) => ({
      ...{ id: `${OUR_RULES}expire-${prefix}`, enabled: true, conditions: { prefix } },
      deleteObjectsTransition: after(days),
    })),
  ];
}

function aboutWorker({ ratelimits, placement }: WorkerConfig): string {
  const limit = ratelimits[0]?.simple.limit ?? 0;
  const where = 'region' in placement ? `near ${placement.region}` : 'placed by Cloudflare';
  return `${limit} requests a minute for each caller, ${where}`;
}
