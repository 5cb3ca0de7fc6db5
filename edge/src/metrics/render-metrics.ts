import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import type { Context } from '../context.ts';
import { rowsOf } from '../db/database.ts';
import { callFamilies } from './call-metrics.ts';
import { totalFamilies, totalRow, totalRows } from './counted-totals.ts';
import type { Counters } from './counters.ts';
import { familyOf } from './edge-metrics.ts';
import { operationFamilies } from './graphql-metrics.ts';
import { projectCostRow, projectCostRows, projectFamilies } from './project-costs.ts';
import { type Family, family, prometheusText } from './prometheus-text.ts';
import { durationFamily, durationRow, durationRows } from './rendition-durations.ts';
import { requestFamilies } from './request-families.ts';
import { standing, standingFamilies, standingRow } from './standing.ts';
import { storageFamilies } from './storage-metrics.ts';

const stored = z.object({
  standing,
  durations: z.array(durationRow),
  totals: z.array(totalRow),
  costs: z.array(projectCostRow),
});

/** The service's metrics: what Postgres knows now, and what all isolates counted together. */
export async function renderMetrics(ctx: Context, counters: Counters): Promise<string> {
  const [known, fields] = await Promise.all([readStored(ctx, counters), counters.read()]);
  return prometheusText([
    ...known,
    ...storageFamilies(fields),
    ...requestFamilies(fields),
    ...callFamilies(fields),
    ...operationFamilies(fields),
    familyOf('millrace_build_info', [{ labels: { role: 'edge', version: packageJson.version }, value: 1 }]),
  ]);
}

/** While all is quiet nothing of it changes, and the database is left to sleep. */
async function readStored(ctx: Context, counters: Counters): Promise<Family[]> {
  const kept = (await ctx.quiet.isQuiet()) ? z.array(family).safeParse(await counters.readStored()) : null;
  if (kept?.success) return kept.data;
  const [row] = await rowsOf(
    ctx.db,
    sql`
      select (select to_jsonb(s) from (${standingRow}) s) as standing, ${list(durationRows)} as durations,
             ${list(totalRows)} as totals, ${list(projectCostRows)} as costs`,
    stored,
  );
  if (!row) throw new Error('the database told nothing of how jobs stand');
  const families = [
    ...standingFamilies(row.standing),
    durationFamily(row.durations),
    ...totalFamilies(row.totals),
    ...projectFamilies(row.costs),
  ];
  ctx.waitUntil(counters.keepStored(families));
  return families;
}

function list(rows: SQL): SQL {
  return sql`(select coalesce(jsonb_agg(to_jsonb(r)), '[]') from (${rows}) r)`;
}
