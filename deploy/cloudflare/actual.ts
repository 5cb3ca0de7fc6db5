import { z } from 'zod';
import { ApiFailure } from './account/api-failure.ts';
import type { ApiCall, CloudflareApi } from './account/cloudflare-api.ts';
import { PERMISSIONS } from './account/permission.ts';
import * as schema from './account/schemas.ts';
import type { Desired } from './desired.ts';

/** What the account has, as far as it concerns us. */
export interface Actual {
  queues: ReadonlyMap<string, schema.Queue>;
  /** Whoever reads the queue of nudges. */
  consumers: schema.Consumer[];
  /** Null where there is no such bucket. */
  bucket: { cors: schema.CorsRule[]; lifecycle: schema.LifecycleRule[] } | null;
  /** Null where there is no such Worker. */
  worker: ActualWorker | null;
  /** Null without a hostname: nobody asked. */
  domain: { zoneId: string | null; service: string | null } | null;
}

export interface ActualWorker {
  secrets: string[];
  crons: string[];
  workersDev: boolean;
  /** The version that answers everything; null when several share the requests, or none was ever deployed. */
  active: { versionId: string; tag: string | null; checked: boolean } | null;
  /** The last version before it that passed its check; failing that, the one before it. */
  fallback: string | null;
}

/** How a deployment is marked whose version has passed its check. */
export const CHECKED = 'checked: ';

/** Reads everything, and throws one error that names every permission the token lacks. */
export async function readActual(api: CloudflareApi, desired: Desired): Promise<Actual> {
  const [queues, bucket, worker, domain] = await Promise.allSettled([
    readQueues(api, desired),
    readBucket(api, desired),
    readWorker(api, desired),
    desired.hostname === null ? null : readDomain(api, desired.hostname),
  ]);
  const failures = [queues, bucket, worker, domain].flatMap((read) =>
    read.status === 'rejected' ? [read.reason as unknown] : [],
  );
  if (failures.length > 0) throw oneFailure(failures);
  return {
    ...settledValue(queues),
    bucket: settledValue(bucket),
    worker: settledValue(worker),
    domain: settledValue(domain),
  };
}

async function readQueues(api: CloudflareApi, { queues, consumer }: Desired) {
  const found = new Map<string, schema.Queue>();
  for (const { name } of queues) {
    const queue = await findQueue(api, name);
    if (queue) found.set(name, queue);
  }
  const id = found.get(consumer.queue)?.queue_id;
  return { queues: found, consumers: id === undefined ? [] : await readConsumers(api, id) };
}

export async function findQueue(api: CloudflareApi, name: string): Promise<schema.Queue | null> {
  const listed = await api.call({
    ...{ method: 'GET', path: '/queues', query: { page: '1', name } },
    ...{ permission: PERMISSIONS.queues, result: z.array(schema.queue).nullable() },
  });
  return listed?.find(({ queue_name }) => queue_name === name) ?? null;
}

export async function readConsumers(api: CloudflareApi, queueId: string): Promise<schema.Consumer[]> {
  const listed = await api.call({
    ...{ method: 'GET', path: `/queues/${queueId}/consumers` },
    ...{ permission: PERMISSIONS.queues, result: z.array(schema.consumer).nullable() },
  });
  return listed ?? [];
}

export async function readBucket(api: CloudflareApi, { bucket }: Desired): Promise<Actual['bucket']> {
  const path = `/r2/buckets/${bucket.name}`;
  const read = <T>(below: string, result: z.ZodType<T>) =>
    orNull(api, {
      ...{ method: 'GET', path: `${path}${below}`, headers: inJurisdiction(bucket.jurisdiction) },
      ...{ permission: PERMISSIONS.bucket, result },
    });
  if (!(await read('', schema.bucket))) return null;
  const cors = await read('/cors', z.object({ rules: z.array(schema.corsRule).optional() }));
  const lifecycle = await read('/lifecycle', z.object({ rules: z.array(schema.lifecycleRule).optional() }));
  return { cors: cors?.rules ?? [], lifecycle: lifecycle?.rules ?? [] };
}

/** Buckets of another jurisdiction are seen only by who names it. */
export function inJurisdiction(jurisdiction: string): Record<string, string> {
  return jurisdiction === 'default' ? {} : { 'cf-r2-jurisdiction': jurisdiction };
}

export async function readWorker(api: CloudflareApi, { worker }: Desired): Promise<ActualWorker | null> {
  const read = <T>(below: string, result: z.ZodType<T>) =>
    orNull(api, {
      ...{ method: 'GET', path: `/workers/scripts/${worker}${below}` },
      ...{ permission: PERMISSIONS.scripts, result },
    });
  const secrets = await read('/secrets', z.array(schema.secretName).nullable());
  if (secrets === null) return null;
  const deployed = await read('/deployments', z.object({ deployments: z.array(schema.deployment) }));
  const crons = await read('/schedules', schema.schedules);
  const subdomain = await read('/subdomain', schema.scriptSubdomain);
  const deployments = deployed?.deployments ?? [];
  const versionId = wholeVersion(deployments[0]);
  const version = versionId === null ? null : await read(`/versions/${versionId}`, schema.version);
  return {
    secrets: secrets.map(({ name }) => name),
    crons: (crons?.schedules ?? []).map(({ cron }) => cron),
    workersDev: subdomain?.enabled ?? false,
    active:
      version === null
        ? null
        : {
            versionId: version.id,
            tag: version.annotations?.['workers/tag'] ?? null,
            checked: isChecked(deployments[0]),
          },
    fallback: fallbackOf(deployments, versionId),
  };
}

function wholeVersion(deployment: schema.Deployment | undefined): string | null {
  const [first, ...others] = deployment?.versions ?? [];
  return first && others.length === 0 ? first.version_id : null;
}

function isChecked(deployment: schema.Deployment | undefined): boolean {
  return deployment?.annotations?.['workers/message']?.startsWith(CHECKED) ?? false;
}

function fallbackOf(deployments: schema.Deployment[], active: string | null): string | null {
  const earlier = deployments.filter((deployment) => {
    const version = wholeVersion(deployment);
    return version !== null && version !== active;
  });
  return wholeVersion(earlier.find(isChecked) ?? earlier[0]);
}

async function readDomain(api: CloudflareApi, hostname: string): Promise<Actual['domain']> {
  const attached = await api.call({
    ...{ method: 'GET', path: '/workers/domains', query: { hostname } },
    ...{ permission: PERMISSIONS.scripts, result: z.array(schema.domain).nullable() },
  });
  const service = attached?.find((domain) => domain.hostname === hostname)?.service ?? null;
  return { zoneId: await findZone(api, hostname), service };
}

/** The zone is the longest end of the name that is one. */
async function findZone(api: CloudflareApi, hostname: string): Promise<string | null> {
  const labels = hostname.split('.');
  for (let first = 0; first < labels.length - 1; first += 1) {
    const name = labels.slice(first).join('.');
    const zones = await api.call({
      ...{ method: 'GET', path: '/zones', query: { name, 'account.id': api.accountId } },
      ...{ permission: PERMISSIONS.zones, result: z.array(schema.zone).nullable() },
    });
    const zone = zones?.find((each) => each.name === name);
    if (zone) return zone.id;
  }
  return null;
}

async function orNull<T>(api: CloudflareApi, call: ApiCall<T>): Promise<T | null> {
  try {
    return await api.call(call);
  } catch (error) {
    if (error instanceof ApiFailure && error.kind === 'missing') return null;
    throw error;
  }
}

function settledValue<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

function oneFailure(failures: unknown[]): unknown {
  const lacking = failures.filter(
    (failure) => failure instanceof ApiFailure && failure.kind === 'permission',
  );
  if (lacking.length < 2) return failures.find((failure) => failure instanceof ApiFailure) ?? failures[0];
  const names = lacking.map((failure) => `  ${(failure as ApiFailure).permission}`);
  return new Error(
    ['CLOUDFLARE_API_TOKEN lacks these permissions, or is not for this account:', ...new Set(names)].join(
      '\n',
    ),
    { cause: lacking[0] },
  );
}
