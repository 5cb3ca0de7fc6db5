import type { MigrationRunner } from '@millrace/local/migration-runner.ts';
import { z } from 'zod';
import { ApiFailure } from './account/api-failure.ts';
import type { CloudflareApi } from './account/cloudflare-api.ts';
import { PERMISSIONS } from './account/permission.ts';
import * as schema from './account/schemas.ts';
import { CHECKED, findQueue, inJurisdiction, readBucket, readConsumers, readWorker } from './actual.ts';
import { type Desired, isOurs } from './desired.ts';
import type { Row, Step } from './plan.ts';

/** What steps are done with. */
export interface Hands {
  api: CloudflareApi;
  desired: Desired;
  /** Null where DATABASE_URL was not given: then no step migrates. */
  migrations: MigrationRunner | null;
  deploy(secretNames: string[]): Promise<void>;
  smoke(): Promise<void>;
  /** What people call this release. */
  release: string;
  say(line: string): void;
}

/** Does what the plan says, in its order. Throws at the first step that cannot be done; a later run goes on from there. */
export async function applyPlan(rows: readonly Row[], hands: Hands): Promise<void> {
  for (const { mark, what, step } of rows) {
    if (!step) continue;
    hands.say(`${mark} ${what}`);
    await applyStep(step, hands);
  }
}

async function applyStep(step: Step, hands: Hands): Promise<void> {
  const { api, desired } = hands;
  const { consumer, bucket } = desired;
  switch (step.do) {
    case 'create-queue':
      return createQueue(api, step.name);
    case 'set-queue':
      return setQueue(api, step.name, step.retentionSeconds);
    case 'attach-consumer':
      return attachConsumer(api, consumer);
    case 'change-consumer':
      return changeConsumer(api, consumer, step.consumerId);
    case 'create-bucket':
      return createBucket(api, bucket);
    case 'set-cors':
      return setRules(hands, 'cors', [bucket.cors]);
    case 'set-lifecycle':
      return setRules(hands, 'lifecycle', bucket.lifecycle);
    case 'migrate':
      if (!hands.migrations) throw new Error('DATABASE_URL is missing: no migration can be run');
      return hands.migrations.upTo(step.migration);
    case 'deploy':
      return hands.deploy(step.secrets);
    case 'attach-domain':
      return attachDomain(api, step.hostname, step.zoneId, desired.worker);
    case 'check':
      return checkRelease(hands);
    default:
      return step satisfies never;
  }
}

async function createQueue(api: CloudflareApi, name: string): Promise<void> {
  await orThere(
    api.call({
      ...{ method: 'POST', path: '/queues', body: { queue_name: name } },
      ...{ permission: PERMISSIONS.queues, result: schema.queue },
    }),
    async () => (await findQueue(api, name)) !== null,
  );
}

async function setQueue(api: CloudflareApi, name: string, retentionSeconds: number): Promise<void> {
  const id = await queueId(api, name);
  const body = { queue_name: name, settings: { message_retention_period: retentionSeconds } };
  // PUT would also take a pause of the queue away that somebody set on purpose.
  await api.call({
    ...{ method: 'PATCH', path: `/queues/${id}`, body },
    ...{ permission: PERMISSIONS.queues, result: z.unknown() },
  });
}

async function attachConsumer(api: CloudflareApi, consumer: Desired['consumer']): Promise<void> {
  const id = await queueId(api, consumer.queue);
  await orThere(
    api.call({
      ...{ method: 'POST', path: `/queues/${id}/consumers`, body: consumerBody(consumer) },
      ...{ permission: PERMISSIONS.queues, result: z.unknown() },
    }),
    async () => (await readConsumers(api, id)).some(({ type }) => type === 'http_pull'),
  );
}

async function changeConsumer(api: CloudflareApi, consumer: Desired['consumer'], id: string): Promise<void> {
  const path = `/queues/${await queueId(api, consumer.queue)}/consumers/${id}`;
  await api.call({
    ...{ method: 'PUT', path, body: consumerBody(consumer) },
    ...{ permission: PERMISSIONS.queues, result: z.unknown() },
  });
}

function consumerBody(consumer: Desired['consumer']) {
  return {
    type: 'http_pull',
    dead_letter_queue: consumer.deadLetterQueue,
    settings: {
      batch_size: consumer.batchSize,
      max_retries: consumer.maxRetries,
      retry_delay: consumer.retryDelaySeconds,
      visibility_timeout_ms: consumer.visibilityTimeoutMs,
    },
  };
}

async function createBucket(api: CloudflareApi, bucket: Desired['bucket']): Promise<void> {
  const { name, locationHint, jurisdiction } = bucket;
  const headers = inJurisdiction(jurisdiction);
  const { bucket: permission } = PERMISSIONS;
  await orThere(
    api.call({
      ...{ method: 'POST', path: '/r2/buckets', headers, permission, result: z.unknown() },
      body: { name, ...(locationHint === null ? {} : { locationHint }) },
    }),
    async () =>
      (await api.call({
        ...{ method: 'GET', path: `/r2/buckets/${name}`, headers, permission, result: schema.bucket },
      })) !== null,
  );
}

/** A PUT replaces all rules. Those of others, and those that R2 gave the bucket when it was made, go along. */
async function setRules(
  { api, desired }: Hands,
  kind: 'cors' | 'lifecycle',
  ours: readonly (schema.CorsRule | schema.LifecycleRule)[],
): Promise<void> {
  const { name, jurisdiction } = desired.bucket;
  const present = (await readBucket(api, desired))?.[kind] ?? [];
  await api.call({
    ...{ method: 'PUT', path: `/r2/buckets/${name}/${kind}`, headers: inJurisdiction(jurisdiction) },
    body: { rules: [...present.filter((rule) => !isOurs(rule)), ...ours] },
    ...{ permission: PERMISSIONS.bucket, result: z.unknown() },
  });
}

async function attachDomain(
  api: CloudflareApi,
  hostname: string,
  zoneId: string,
  service: string,
): Promise<void> {
  await api.call({
    ...{ method: 'PUT', path: '/workers/domains', body: { hostname, zone_id: zoneId, service } },
    ...{ permission: PERMISSIONS.scripts, result: z.unknown() },
  });
}

/** Marks the version as good when it works; otherwise the last good one answers again. */
async function checkRelease(hands: Hands): Promise<void> {
  const { api, desired, release } = hands;
  const worker = await readWorker(api, desired);
  if (!worker?.active)
    throw new Error(`${desired.worker} has no version that answers everything: deploy again`);
  // Then nothing was deployed, and there is nothing to go back from.
  if (worker.active.tag !== desired.tag)
    throw new Error(
      `The version ${worker.active.tag ?? 'unknown'} answers, not ${desired.tag}: deploy again`,
    );
  try {
    await hands.smoke();
  } catch (cause) {
    throw await rollBack(hands, worker.fallback, cause);
  }
  await makeAnswer(api, desired.worker, worker.active.versionId, `${CHECKED}${release}`);
}

async function rollBack(hands: Hands, fallback: string | null, cause: unknown): Promise<Error> {
  const why = cause instanceof Error ? cause.message : String(cause);
  const { api, desired, release } = hands;
  if (fallback === null)
    return new Error(`The check failed: ${why}\nThere is no earlier version to go back to.`, { cause });
  try {
    await makeAnswer(api, desired.worker, fallback, `rolled back: ${release} failed its check`);
  } catch (failure) {
    const also = failure instanceof Error ? failure.message : String(failure);
    return new Error(`The check failed: ${why}\nGoing back to ${fallback} failed too: ${also}`, { cause });
  }
  return new Error(`The check failed: ${why}\nVersion ${fallback} answers again.`, { cause });
}

async function makeAnswer(
  api: CloudflareApi,
  worker: string,
  versionId: string,
  message: string,
): Promise<void> {
  await api.call({
    ...{ method: 'POST', path: `/workers/scripts/${worker}/deployments` },
    body: {
      strategy: 'percentage',
      versions: [{ version_id: versionId, percentage: 100 }],
      annotations: { 'workers/message': message },
    },
    ...{ permission: PERMISSIONS.scripts, result: z.unknown() },
  });
}

async function queueId(api: CloudflareApi, name: string): Promise<string> {
  const queue = await findQueue(api, name);
  if (!queue) throw new Error(`the queue ${name} is not there, though it was made`);
  return queue.queue_id;
}

/** An answer that got lost may have made it: «taken» is as good, where what is there is ours. */
async function orThere(making: Promise<unknown>, isThere: () => Promise<boolean>): Promise<void> {
  try {
    await making;
  } catch (error) {
    if (error instanceof ApiFailure && error.kind === 'taken' && (await isThere())) return;
    throw error;
  }
}
