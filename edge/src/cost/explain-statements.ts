import pg from 'pg';
import { z } from 'zod';
import type { SentStatement } from '../testing/watch-database.ts';

/** A step of Postgres's plan, with what it did. */
export interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string | undefined;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[] | undefined;
}

const planNode: z.ZodType<PlanNode> = z.object({
  'Node Type': z.string(),
  'Relation Name': z.string().optional(),
  'Shared Hit Blocks': z.number(),
  'Shared Read Blocks': z.number(),
  get Plans() {
    return z.array(planNode).optional();
  },
});
const explained = z.tuple([z.object({ 'QUERY PLAN': z.tuple([z.object({ Plan: planNode })]) })]);

export interface Explanation {
  query: string;
  /** Tables that were read from end to end. */
  wholeTables: string[];
  /** Pages of 8 KB that were looked at, the same one each time. */
  blocks: number;
}

export interface Explainer {
  /** Runs the statements of one round trip with EXPLAIN ANALYZE, and undoes what they did. One trip at a time. */
  explain(statements: SentStatement[]): Promise<Explanation[]>;
  close(): Promise<void>;
}

/**
 * @param planning As in production; or `with every index`, as for tables that are large: a table is then read from end to
 * end only where no index serves.
 */
export async function openExplainer(
  databaseUrl: string,
  planning: 'as it is' | 'with every index' = 'as it is',
): Promise<Explainer> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  if (planning === 'with every index') await client.query('set enable_seqscan = off');
  let last: Promise<unknown> = Promise.resolve();
  const explainAll = async (statements: SentStatement[]) => {
    await client.query('begin');
    try {
      const found: Explanation[] = [];
      for (const { query, params } of statements) {
        const { rows } = await client.query(`explain (analyze, buffers, format json) ${query}`, params);
        found.push({ query, ...describe(explained.parse(rows)[0]['QUERY PLAN'][0].Plan) });
      }
      return found;
    } finally {
      await client.query('rollback');
    }
  };
  return {
    explain(statements) {
      const next = last.then(() => explainAll(statements));
      last = next.catch(() => {});
      return next;
    },
    close: () => client.end(),
  };
}

function describe(plan: PlanNode): Omit<Explanation, 'query'> {
  return {
    wholeTables: stepsOf(plan).flatMap((step) =>
      step['Node Type'].endsWith('Seq Scan') && step['Relation Name'] ? [step['Relation Name']] : [],
    ),
    blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
  };
}

function stepsOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(stepsOf)];
}
