import { FAILURES } from '@millrace/shared/task/failure-codes.ts';
import { TASK_KINDS } from '@millrace/shared/task/task-spec.ts';
import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { ATTEMPT_ERRORS } from '../webhooks/attempt.ts';
import { type EdgeMetric, familyOf } from './edge-metrics.ts';
import { type Family, histogramSamples } from './prometheus-text.ts';

/** Bucket ends as the triggers of migrations/ cut them: powers of a base, and the rest. */
const HISTOGRAMS = {
  first_play_seconds: { label: null, ends: powers(2, 0, 12) },
  job_cpu_seconds: { label: null, ends: powers(2, 0, 20) },
  job_bytes: { label: 'direction', ends: powers(4, 10, 22) },
} as const satisfies Partial<Record<EdgeMetric, { label: string | null; ends: string[] }>>;
const DIRECTIONS = ['read', 'stored'];

/** Told from the first scrape on, all of them: a rate needs a value to grow from. */
const COUNTERS = {
  job_failures_total: { label: 'code', values: Object.keys(FAILURES) },
  leases_expired_total: { label: 'kind', values: TASK_KINDS },
  webhook_failures_total: { label: 'error', values: ATTEMPT_ERRORS },
} as const satisfies Partial<Record<EdgeMetric, { label: string; values: readonly string[] }>>;

export const totalRow = z.object({
  metric: z.string(),
  label: z.string(),
  up_to: z.string(),
  observations: z.number(),
  total: z.number(),
});
type TotalRow = z.infer<typeof totalRow>;

/** The rows as `totalFamilies` wants them. */
export const totalRows = sql`
  select metric, label, up_to::numeric::text as up_to, observations::float8 as observations, total
  from metric_totals order by metric, label, up_to`;

/** The statement part that counts the failed deliveries among the rows (state, error) of a CTE. */
export function countFailedDeliveries(recorded: SQL): SQL {
  return sql`
    insert into metric_totals as total (metric, label, up_to, observations, total)
    select ${'webhook_failures_total' satisfies EdgeMetric}::text, error, 'Infinity'::float8, count(*), 0
    from ${recorded} where state = 'failed' group by error order by error
    on conflict (metric, label, up_to) do update set observations = total.observations + excluded.observations`;
}

/** What was counted in `metric_totals`, by triggers and in statements. Rows of other metrics are passed over. */
export function totalFamilies(rows: TotalRow[]): Family[] {
  const of = (metric: EdgeMetric) => rows.filter((row) => row.metric === metric);
  return [
    ...keysOf(HISTOGRAMS).map((metric) => histogramFamily(metric, of(metric))),
    ...keysOf(COUNTERS).map((metric) => counterFamily(metric, of(metric))),
  ];
}

function counterFamily(metric: keyof typeof COUNTERS, rows: TotalRow[]): Family {
  const { label, values } = COUNTERS[metric];
  const samples = values.map((value) => ({
    labels: { [label]: value },
    value: rows.find((row) => row.label === value)?.observations ?? 0,
  }));
  return familyOf(metric, samples);
}

function histogramFamily(metric: keyof typeof HISTOGRAMS, rows: TotalRow[]): Family {
  const { label, ends } = HISTOGRAMS[metric];
  const values = label === null ? [''] : DIRECTIONS;
  const samples = values.flatMap((value) => {
    const own = rows.filter((row) => row.label === value);
    const counted = [...ends, 'Infinity'].map((end) => ({
      le: end === 'Infinity' ? '+Inf' : end,
      count: own.find((row) => row.up_to === end)?.observations ?? 0,
    }));
    const sum = own.reduce((total, row) => total + row.total, 0);
    return histogramSamples(label === null ? {} : { [label]: value }, counted, sum);
  });
  return familyOf(metric, samples);
}

function powers(base: number, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => String(base ** (from + i)));
}

function keysOf<Key extends string>(record: Record<Key, unknown>): Key[] {
  return Object.keys(record) as Key[];
}
