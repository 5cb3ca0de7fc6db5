import type { MigrationRunner } from '@millrace/local/migration-runner.ts';
import { type Migration, planMigrations } from '@millrace/local/migrations.ts';
import { z } from 'zod';
import { ApiFailure } from './account/api-failure.ts';
import type { CloudflareApi } from './account/cloudflare-api.ts';
import { PERMISSIONS } from './account/permission.ts';
import * as schema from './account/schemas.ts';
import { findQueue, readActual } from './actual.ts';
import { applyPlan } from './apply.ts';
import { desiredState } from './desired.ts';
import { planChanges, type Row } from './plan.ts';
import { type Secrets, secretsToSet } from './secrets.ts';
import type { Settings } from './settings.ts';
import { versionTag } from './version-tag.ts';
import { requireUsableVariables, type WorkerEnvironment, workerConfig } from './worker-config.ts';
import type { Wrangler } from './wrangler.ts';

export interface Deployment {
  api: CloudflareApi;
  wrangler: Wrangler;
  environment: WorkerEnvironment;
  settings: Settings;
  secrets: Secrets;
  rotate: string[];
  /** All migrations there are, and the database; null where DATABASE_URL was not given. */
  migrations: { all: Migration[]; database: MigrationRunner } | null;
  /** Where the checkout lies. */
  root: string;
  release: string;
  redeploy: boolean;
  takeDomain: boolean;
  check: boolean;
  dryRun: boolean;
  /** @param origins Whose pages may upload, by the rules of the bucket. */
  smoke(url: string, origins: readonly string[]): Promise<void>;
  say(line: string): void;
}

/** Brings the account from what it has to what it shall have. Says every step; throws where one cannot be done. */
export async function deploy(deployment: Deployment): Promise<Row[]> {
  const { api, wrangler, settings, secrets, say } = deployment;
  const publicUrl = await findPublicUrl(api, deployment.environment.name, settings.hostname);
  const place = { accountId: api.accountId, publicUrl, root: deployment.root };
  const config = workerConfig(deployment.environment, settings, place, secrets.get('DATABASE_URL'));
  requireUsableVariables(config, secrets);

  const tag = versionTag(config, await wrangler.digest(config));
  const desired = desiredState(config, settings, tag);
  const actual = await readActual(api, desired);
  const wishes = {
    secrets: secretsToSet(secrets, actual.worker?.secrets ?? [], deployment.rotate),
    migrations: await pendingMigrations(deployment),
    redeploy: deployment.redeploy,
    takeDomain: deployment.takeDomain,
    check: deployment.check,
  };
  const rows = planChanges(desired, actual, wishes);
  printPlan(rows, say);
  if (deployment.dryRun) return rows;

  await applyPlan(rows, {
    api,
    desired,
    migrations: deployment.migrations?.database ?? null,
    deploy: (names) => {
      const chosen = new Map([...secrets].filter(([name]) => names.includes(name)));
      return wrangler.deploy(config, { tag, message: deployment.release, secrets: chosen });
    },
    smoke: () =>
      deployment.smoke(publicUrl, storesElsewhere(settings) ? [] : desired.bucket.cors.allowed.origins),
    release: deployment.release,
    say,
  });
  await tellTheFleet(api, desired.consumer.queue, publicUrl, say);
  return rows;
}

/** Then nothing of what is stored goes to the bucket whose rules are written here. */
function storesElsewhere({ variables }: Settings): boolean {
  return 'S3_ENDPOINT' in variables || 'S3_PUBLIC_ENDPOINT' in variables;
}

async function findPublicUrl(api: CloudflareApi, worker: string, hostname: string | null): Promise<string> {
  if (hostname !== null) return `https://${hostname}`;
  try {
    const { subdomain } = await api.call({
      ...{ method: 'GET', path: '/workers/subdomain' },
      ...{ permission: PERMISSIONS.scripts, result: schema.accountSubdomain },
    });
    return `https://${worker}.${subdomain}.workers.dev`;
  } catch (error) {
    if (!(error instanceof ApiFailure && error.kind === 'missing')) throw error;
    throw new Error(
      'The account has no workers.dev name yet. Open «Workers & Pages» in the dashboard once, or set `hostname`.',
      { cause: error },
    );
  }
}

async function pendingMigrations({ migrations, dryRun }: Deployment) {
  if (migrations) return planMigrations(migrations.all, await migrations.database.applied());
  if (dryRun) return null;
  throw new Error('DATABASE_URL is missing: the migrations that are due are read from the database.');
}

function printPlan(rows: readonly Row[], say: Deployment['say']): void {
  for (const { mark, what } of rows) say(`  ${mark} ${what}`);
  const changes = rows.filter(({ mark }) => mark === '+' || mark === '~').length;
  say(changes === 0 ? 'Nothing to do.' : `${changes} of ${rows.length} to do.`);
}

/** What bridges and grpc are to be given. */
async function tellTheFleet(
  api: CloudflareApi,
  queueName: string,
  publicUrl: string,
  say: Deployment['say'],
): Promise<void> {
  const queue = z.object({ queue_id: z.string() }).parse(await findQueue(api, queueName));
  say('For the fleet:');
  say(`  EDGE_URL=${publicUrl}`);
  say(`  CLOUDFLARE_ACCOUNT_ID=${api.accountId}`);
  say(`  QUEUE_ID=${queue.queue_id}`);
}
