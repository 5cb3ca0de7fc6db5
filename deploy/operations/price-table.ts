import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/** What is paid for by its amount. */
export const BILLED = [
  'worker_requests',
  'worker_cpu_ms',
  'queue_operations',
  'storage_writes',
  'storage_reads',
  'stored_gb_months',
  'database_cu_hours',
  'redis_commands',
  'vcpu_hours',
] as const;
export type Billed = (typeof BILLED)[number];

const price = z.strictObject({
  /** For people. */
  what: z.string(),
  usd: z.number().nonnegative(),
  /** So many cost that much. */
  per: z.number().positive(),
  /** So many of a month cost nothing. */
  included: z.number().nonnegative(),
});

export const priceTable = z.strictObject({
  asOf: z.string(),
  currency: z.literal('USD'),
  note: z.string(),
  /** What plans cost whether they are used or not. */
  monthly: z.record(z.string(), z.number().nonnegative()),
  prices: z.record(z.enum(BILLED), price),
  assumptions: z.strictObject({
    /** Size of the database while it is awake. */
    database_cu: z.number().positive(),
    /** It stays awake so long after its last statement. */
    database_sleeps_after_minutes: z.number().nonnegative(),
    /** What bridges and the gRPC door take of the cluster while no worker is there. */
    idle_vcpus: z.number().nonnegative(),
    hours_per_month: z.number().positive(),
  }),
});
export type PriceTable = z.infer<typeof priceTable>;

export const PRICES_FILE = path.join(import.meta.dirname, 'prices.json');

export async function readPrices(file = PRICES_FILE): Promise<PriceTable> {
  return priceTable.parse(JSON.parse(await readFile(file, 'utf8')));
}
