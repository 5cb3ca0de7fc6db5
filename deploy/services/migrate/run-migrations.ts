import { migrate } from '@millrace/local/migrate.ts';
import { type Migration, pendingMigrations, planMigrations } from '@millrace/local/migrations.ts';
import type { Logger } from 'pino';

/** What runs the second step: the service of Compose, and a pod of the edge, which has the same image. */
export const CONTRACT_WITH = {
  compose: 'docker compose run --rm migrate migrate contract',
  kubernetes:
    'kubectl -n millrace exec deployment/millrace-edge -- node /app/deploy/services/main.ts migrate contract',
};

const COMMANDS = `«${CONTRACT_WITH.compose}» with Compose, «${CONTRACT_WITH.kubernetes}» on Kubernetes`;

/**
 * The first step of an upgrade, while the version before still answers: runs the migrations that expand, all of them on an
 * empty database, and says which wait for the second step. Throws, and runs nothing, where the one before has had none.
 */
export async function expand(databaseUrl: string, log: Logger, folder?: string): Promise<void> {
  let waiting: Migration[] = [];
  const ran = await migrate(databaseUrl, folder, (all, applied) => {
    refuseForgotten(all, applied);
    const plan = planMigrations(all, applied);
    waiting = plan.after;
    return plan.before;
  });
  log.info({ migrations: tagsOf(ran) }, ran.length === 0 ? 'nothing to migrate' : 'migrated');
  if (waiting.length === 0) return;
  log.warn(
    { migrations: tagsOf(waiting) },
    `migrations that contract wait until this version runs everywhere; then run, once, ${COMMANDS}`,
  );
}

/** The second step, once the new version runs everywhere. Throws where the first has not been. */
export async function contract(databaseUrl: string, log: Logger, folder?: string): Promise<void> {
  const ran = await migrate(databaseUrl, folder, (all, applied) => {
    const [first] = pendingMigrations(all, applied);
    if (first?.phase === 'expand')
      throw new Error(
        `${first.tag} expands and has not run, so this version is not everywhere yet: upgrade to it first. ` +
          'Nothing was changed.',
      );
    return contractsInLine(all, applied);
  });
  if (ran.length > 0) log.info({ migrations: tagsOf(ran) }, 'contracted');
  else log.info('this version has no migration that waits to contract');
}

/** Whoever left the second step of the last upgrade out learns of it here. */
function refuseForgotten(all: readonly Migration[], applied: readonly number[]): void {
  const forgotten = contractsInLine(all, applied);
  const next = pendingMigrations(all, applied)[forgotten.length];
  if (forgotten.length === 0 || next === undefined) return;
  throw new Error(
    `${tagsOf(forgotten).join(', ')} must run before ${next.tag} does, and waits for the last step of an earlier upgrade. ` +
      `Nothing was changed. If the release that brought it is the one that ran until now, finish its upgrade: ${COMMANDS}. ` +
      'Then begin this one again: «docker compose up -d»; pods do so by themselves. ' +
      'If you left that release out, deploy it first.',
  );
}

/** Those that contract and come before every one that expands. */
function contractsInLine(all: readonly Migration[], applied: readonly number[]): Migration[] {
  const pending = pendingMigrations(all, applied);
  const expanding = pending.findIndex(({ phase }) => phase === 'expand');
  return expanding === -1 ? pending : pending.slice(0, expanding);
}

function tagsOf(migrations: readonly Migration[]): string[] {
  return migrations.map(({ tag }) => tag);
}
