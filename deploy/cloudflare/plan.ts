import { isDeepStrictEqual } from 'node:util';
import type { Migration, MigrationPlan } from '@millrace/local/migrations.ts';
import type { Consumer, CorsRule, LifecycleRule } from './account/schemas.ts';
import type { Actual, ActualWorker } from './actual.ts';
import { type Desired, isOurs, OUR_RULES } from './desired.ts';

/** One thing to be done. Each may be done again without harm. */
export type Step =
  | { do: 'create-queue'; name: string }
  | { do: 'set-queue'; name: string; retentionSeconds: number }
  | { do: 'attach-consumer' }
  | { do: 'change-consumer'; consumerId: string }
  | { do: 'create-bucket' }
  | { do: 'set-cors' }
  | { do: 'set-lifecycle' }
  | { do: 'migrate'; migration: Migration }
  | { do: 'deploy'; secrets: string[] }
  | { do: 'attach-domain'; hostname: string; zoneId: string }
  | { do: 'check' };

/** `+` is made, `~` is changed, `=` is right already, `?` cannot be known yet. */
export interface Row {
  mark: '+' | '~' | '=' | '?';
  what: string;
  step?: Step;
}

export interface Wishes {
  secrets: { name: string; mark: '+' | '~' | '=' }[];
  /** Null where the database was not asked. */
  migrations: MigrationPlan | null;
  /** Deploy though the version is the same. */
  redeploy: boolean;
  /** Take the hostname away from another Worker. */
  takeDomain: boolean;
  /** Check though nothing is deployed. */
  check: boolean;
}

/** What to do to get from one to the other, in the order to do it. Throws where that needs a person. */
export function planChanges(desired: Desired, actual: Actual, wishes: Wishes): Row[] {
  const deploy = deployRow(desired, actual.worker, wishes);
  const deploys = deploy.mark !== '=';
  const unchecked = actual.worker?.active?.checked !== true;
  return [
    ...desired.queues.flatMap((queue) => queueRows(queue, actual)),
    consumerRow(desired, actual),
    ...bucketRows(desired, actual),
    ...migrationRows(wishes.migrations, 'before'),
    ...wishes.secrets.map(({ name, mark }) => ({ mark, what: `secret ${name}` })),
    deploy,
    ...domainRows(desired, actual, wishes),
    ...(deploys || unchecked || wishes.check
      ? [
          {
            mark: '~' as const,
            what: 'check: health, version, a signed upload',
            step: { do: 'check' as const },
          },
        ]
      : []),
    ...migrationRows(wishes.migrations, 'after'),
  ];
}

function queueRows({ name, retentionSeconds }: Desired['queues'][number], actual: Actual): Row[] {
  const what = `queue ${name}, keeps messages ${retentionSeconds} s`;
  const step: Step = { do: 'set-queue', name, retentionSeconds };
  const queue = actual.queues.get(name);
  if (!queue) {
    return [
      { mark: '+', what: `queue ${name}`, step: { do: 'create-queue', name } },
      { mark: '+', what, step },
    ];
  }
  const kept = queue.settings.message_retention_period;
  if (kept === retentionSeconds) return [{ mark: '=', what }];
  return [{ mark: '~', what: `${what} (${kept ?? 'default'} now)`, step }];
}

function consumerRow({ consumer }: Desired, actual: Actual): Row {
  const what =
    `consumer of ${consumer.queue}: HTTP pull, ${consumer.batchSize} a batch for ${consumer.visibilityTimeoutMs} ms, ` +
    `after ${consumer.maxRetries} retries to ${consumer.deadLetterQueue}`;
  const [present] = actual.consumers;
  if (!present) return { mark: '+', what, step: { do: 'attach-consumer' } };
  if (present.type !== 'http_pull')
    throw new Error(
      `${consumer.queue} is consumed by the Worker ${present.script_name ?? '?'}, and a queue has one consumer. ` +
        `Take it away first: wrangler queues consumer worker remove ${consumer.queue} ${present.script_name ?? 'NAME'}`,
    );
  if (isSameConsumer(consumer, present)) return { mark: '=', what };
  return { mark: '~', what, step: { do: 'change-consumer', consumerId: present.consumer_id } };
}

function isSameConsumer(wanted: Desired['consumer'], { dead_letter_queue, settings }: Consumer): boolean {
  return (
    dead_letter_queue === wanted.deadLetterQueue &&
    settings.batch_size === wanted.batchSize &&
    settings.max_retries === wanted.maxRetries &&
    (settings.retry_delay ?? 0) === wanted.retryDelaySeconds &&
    settings.visibility_timeout_ms === wanted.visibilityTimeoutMs
  );
}

function bucketRows({ bucket }: Desired, actual: Actual): Row[] {
  const where = bucket.locationHint ?? 'near whoever makes it';
  const present = actual.bucket?.cors.find(isOurs);
  const ours = (actual.bucket?.lifecycle ?? []).filter(isOurs);
  const origins = bucket.cors.allowed.origins.join(', ');
  const ages = bucket.lifecycle.map(({ id }) => id.slice(OUR_RULES.length)).join(', ');
  return [
    actual.bucket
      ? { mark: '=', what: `bucket ${bucket.name}` }
      : { mark: '+', what: `bucket ${bucket.name}, ${where}`, step: { do: 'create-bucket' } },
    {
      ...markOf(present === undefined, present !== undefined && isSameCors(present, bucket.cors), {
        do: 'set-cors',
      }),
      what: `CORS of ${bucket.name} for ${origins}`,
    },
    {
      ...markOf(ours.length === 0, isDeepStrictEqual(byId(ours), byId(bucket.lifecycle)), {
        do: 'set-lifecycle',
      }),
      what: `lifecycle of ${bucket.name}: ${ages}`,
    },
  ];
}

function markOf(isNew: boolean, isSame: boolean, step: Step): Pick<Row, 'mark' | 'step'> {
  if (isSame) return { mark: '=' };
  return { mark: isNew ? '+' : '~', step };
}

/** Cloudflare may hand lists back in another order, and header names in another case. */
function isSameCors(a: CorsRule, b: CorsRule): boolean {
  const plain = ({ allowed, exposeHeaders, maxAgeSeconds }: CorsRule) => ({
    methods: [...allowed.methods].sort(),
    origins: [...allowed.origins].sort(),
    headers: (allowed.headers ?? []).map((name) => name.toLowerCase()).sort(),
    exposed: (exposeHeaders ?? []).map((name) => name.toLowerCase()).sort(),
    maxAgeSeconds,
  });
  return isDeepStrictEqual(plain(a), plain(b));
}

function byId(rules: readonly LifecycleRule[]): LifecycleRule[] {
  return [...rules].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function migrationRows(plan: MigrationPlan | null, when: 'before' | 'after'): Row[] {
  if (plan === null)
    return when === 'before' ? [{ mark: '?', what: 'migrations: give DATABASE_URL to see them' }] : [];
  const told = when === 'before' ? 'before the deployment' : 'contract, after the check';
  return plan[when].map((migration) => ({
    mark: '+',
    what: `migration ${migration.tag} (${told})`,
    step: { do: 'migrate', migration },
  }));
}

function deployRow(desired: Desired, worker: ActualWorker | null, { secrets, redeploy }: Wishes): Row {
  const toSet = secrets.filter(({ mark }) => mark !== '=').map(({ name }) => name);
  const what = `Worker ${desired.worker}, version ${desired.tag}: ${desired.about}`;
  const step: Step = { do: 'deploy', secrets: toSet };
  if (!worker?.active) return { mark: worker ? '~' : '+', what, step };
  const reasons = [
    worker.active.tag !== desired.tag && `${worker.active.tag ?? 'an unknown version'} now`,
    toSet.length > 0 && 'secrets',
    !isDeepStrictEqual([...worker.crons].sort(), [...desired.crons].sort()) && 'cron triggers',
    worker.workersDev !== desired.workersDev && 'workers.dev address',
    redeploy && 'asked for',
  ].filter((reason) => typeof reason === 'string');
  return reasons.length === 0
    ? { mark: '=', what }
    : { mark: '~', what: `${what} (${reasons.join(', ')})`, step };
}

function domainRows({ hostname, worker }: Desired, { domain }: Actual, { takeDomain }: Wishes): Row[] {
  if (hostname === null || domain === null) return [];
  const what = `https://${hostname} leads to ${worker}`;
  if (domain.service === worker) return [{ mark: '=', what }];
  if (domain.zoneId === null)
    throw new Error(
      `No zone of this account holds ${hostname}. Add the domain to the account, or let the token see its zone.`,
    );
  if (domain.service !== null && !takeDomain)
    throw new Error(
      `${hostname} leads to the Worker ${domain.service}. --take-domain takes it away from there.`,
    );
  const mark = domain.service === null ? '+' : '~';
  return [{ mark, what, step: { do: 'attach-domain', hostname, zoneId: domain.zoneId } }];
}
