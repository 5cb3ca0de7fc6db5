import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/*
 * Migrations are forward-only SQL and run in their order. Each is one of two kinds:
 *
 *   expand     what the version that runs now does not notice: it goes before the deployment
 *   contract   what only the new version can live with: it goes after the deployment, when that version is everywhere.
 *              Such a file says so in a line of its own: -- contract: why
 */

export interface Migration {
  tag: string;
  /** Milliseconds since the epoch, drizzle's name for it: what is applied is known by it. */
  when: number;
  phase: 'expand' | 'contract';
}

export interface MigrationPlan {
  before: Migration[];
  after: Migration[];
}

const journalSchema = z.object({
  entries: z.array(z.object({ tag: z.string().regex(/^[\w-]+$/), when: z.number() })),
});

export async function readMigrations(folder: string): Promise<Migration[]> {
  const journal = await readFile(path.join(folder, 'meta/_journal.json'), 'utf8');
  const { entries } = journalSchema.parse(JSON.parse(journal));
  return Promise.all(
    entries.map(async ({ tag, when }) => {
      const sql = await readFile(path.join(folder, `${tag}.sql`), 'utf8');
      return { tag, when, phase: /^-- contract: \S/m.test(sql) ? 'contract' : 'expand' };
    }),
  );
}

/**
 * Which migrations go before the deployment and which after its check. An empty database gets all of them before:
 * no version runs on it. Throws where an expanding one stands behind a contracting one that has not run: that is
 * two releases at once, and the version that runs now would not survive the first of them.
 */
export function planMigrations(all: readonly Migration[], appliedWhen: readonly number[]): MigrationPlan {
  const pending = pendingMigrations(all, appliedWhen);
  if (appliedWhen.length === 0) return { before: pending, after: [] };
  const contracting = pending.findIndex(({ phase }) => phase === 'contract');
  if (contracting === -1) return { before: pending, after: [] };
  const after = pending.slice(contracting);
  const tooFar = after.find(({ phase }) => phase === 'expand');
  if (tooFar)
    throw new Error(
      `The database is more than one release behind: ${after[0]?.tag} can run only after the release that brought it ` +
        `is deployed, and ${tooFar.tag} comes after it. Deploy the release in between first.`,
    );
  return { before: pending.slice(0, contracting), after };
}

/** Those that have not run. */
export function pendingMigrations(all: readonly Migration[], appliedWhen: readonly number[]): Migration[] {
  const newest = Math.max(Number.NEGATIVE_INFINITY, ...appliedWhen);
  return all.filter(({ when }) => when > newest);
}
