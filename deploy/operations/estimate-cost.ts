import type { Measured } from './measured.ts';
import { BILLED, type Billed, type PriceTable } from './price-table.ts';

/** What the fleet is like, and how long outputs are kept. */
export interface Workload {
  minutes: number;
  /** Of all workers together: how long the database is awake depends on it. */
  fleetCores: number;
  keepMonths: number;
}

export interface CostLine {
  what: string;
  amount: number;
  usd: number;
}

export type Amounts = Record<Billed, number>;

/** Segments and MP4 files hold the same pictures: outputs are stored twice. */
const COPIES = 2;
const BYTES_PER_GB = 1e9;

/** What so many minutes of film use. */
export function amountsOfFilm(
  { filmHour }: Measured,
  { minutes, fleetCores, keepMonths }: Workload,
  { assumptions }: PriceTable,
): Amounts {
  const hours = minutes / 60;
  const cpuHours = (filmHour.workerCpuSeconds / 3_600) * hours;
  const awakeHours = cpuHours / fleetCores + assumptions.database_sleeps_after_minutes / 60;
  return {
    worker_requests: filmHour.fleet_calls * hours,
    worker_cpu_ms: filmHour.edgeCpuSeconds * 1_000 * hours,
    queue_operations: queueOperations(filmHour) * hours,
    storage_writes: filmHour.storage_puts * hours,
    storage_reads: filmHour.storage_gets * hours,
    stored_gb_months: ((filmHour.renditionBytes * COPIES) / BYTES_PER_GB) * hours * keepMonths,
    database_cu_hours: minutes === 0 ? 0 : awakeHours * assumptions.database_cu,
    redis_commands: filmHour.redis_commands * hours,
    vcpu_hours: cpuHours,
  };
}

/**
 * What a month uses in which nothing happens: the database sleeps, and bridges ask Redis whether it still does.
 *
 * @param workersWait Workers that are there and wait have their bridge pull the queue; a fleet that is scaled to nothing
 * does not.
 */
export function amountsOfIdleMonth(
  { idleHour }: Measured,
  { workersWait }: { workersWait: boolean },
  { assumptions }: PriceTable,
): Amounts {
  const hours = assumptions.hours_per_month;
  return {
    worker_requests: idleHour.fleet_calls * hours,
    worker_cpu_ms: 0,
    queue_operations: workersWait ? queueOperations(idleHour) * hours : 0,
    storage_writes: idleHour.storage_puts * hours,
    storage_reads: idleHour.storage_gets * hours,
    stored_gb_months: 0,
    database_cu_hours: 0,
    redis_commands: idleHour.redis_commands * hours,
    vcpu_hours: assumptions.idle_vcpus * hours,
  };
}

/** A message is written, and deleted when it is acknowledged; every pull reads, an empty one too. */
function queueOperations({ nudges, queue_pulls }: Measured['idleHour']): number {
  return nudges * 2 + queue_pulls;
}

/**
 * A bill, dearest line first.
 *
 * @param freeShare Of what a month has free of charge: 1 for a bill of a whole month, 0 for what one more job costs.
 */
export function billOf(amounts: Amounts, { prices }: PriceTable, freeShare: 0 | 1): CostLine[] {
  return BILLED.map((name) => {
    const { what, usd, per, included } = prices[name];
    const paid = Math.max(0, amounts[name] - included * freeShare);
    return { what, amount: amounts[name], usd: (paid / per) * usd };
  }).sort((a, b) => b.usd - a.usd);
}

export function totalUsd(lines: readonly CostLine[]): number {
  return lines.reduce((sum, { usd }) => sum + usd, 0);
}
