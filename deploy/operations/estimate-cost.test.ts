import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { amountsOfFilm, amountsOfIdleMonth, billOf, totalUsd } from './estimate-cost.ts';
import { type Measured, readMeasured } from './measured.ts';
import { type PriceTable, priceTable, readPrices } from './price-table.ts';

const nothing = {
  redis_commands: 0,
  queue_pulls: 0,
  nudges: 0,
  fleet_calls: 0,
  storage_puts: 0,
  storage_gets: 0,
};
const MEASURED: Measured = {
  filmHour: {
    ...{
      redis_commands: 600,
      queue_pulls: 40,
      nudges: 10,
      fleet_calls: 300,
      storage_puts: 900,
      storage_gets: 1_200,
    },
    ...{ workerCpuSeconds: 7_200, edgeCpuSeconds: 30, renditionBytes: 2e9 },
  },
  idleHour: { ...nothing, redis_commands: 100, queue_pulls: 1_000, fleet_calls: 50 },
};
const free = (what: string, usd: number, per: number, included: number) => ({ what, usd, per, included });
const PRICES: PriceTable = priceTable.parse({
  ...{ asOf: 'a test', currency: 'USD', note: '', monthly: {} },
  prices: {
    worker_requests: free('requests', 1, 100, 200),
    worker_cpu_ms: free('cpu', 0, 1, 0),
    queue_operations: free('queue', 1, 10, 0),
    storage_writes: free('writes', 2, 900, 0),
    storage_reads: free('reads', 1, 600, 0),
    stored_gb_months: free('stored', 0.5, 1, 0),
    database_cu_hours: free('database', 4, 1, 0),
    redis_commands: free('redis', 1, 300, 1_000),
    vcpu_hours: free('cluster', 3, 1, 0),
  },
  assumptions: {
    ...{ database_cu: 0.5, database_sleeps_after_minutes: 30, idle_vcpus: 2, hours_per_month: 100 },
  },
});

test('what minutes of film use is what an hour was measured to use, in proportion', () => {
  const amounts = amountsOfFilm(MEASURED, { minutes: 120, fleetCores: 4, keepMonths: 3 }, PRICES);
  expect(amounts).toEqual({
    worker_requests: 600,
    worker_cpu_ms: 60_000,
    // 2 × (10 written, 10 deleted, 40 pulls).
    queue_operations: 120,
    storage_writes: 1_800,
    storage_reads: 2_400,
    // 2 h × 2 GB × 2 copies × 3 months.
    stored_gb_months: 24,
    // 4 CPU-hours on 4 cores is an hour, and it falls asleep half an hour later.
    database_cu_hours: 0.75,
    redis_commands: 1_200,
    vcpu_hours: 4,
  });
});

test('a bill is amounts times prices, above what is free', () => {
  const amounts = amountsOfFilm(MEASURED, { minutes: 120, fleetCores: 4, keepMonths: 3 }, PRICES);
  const marginal = Object.fromEntries(billOf(amounts, PRICES, 0).map(({ what, usd }) => [what, usd]));
  expect(marginal).toEqual({
    ...{
      requests: 6,
      cpu: 0,
      queue: 12,
      writes: 4,
      reads: 4,
      stored: 12,
      database: 3,
      redis: 4,
      cluster: 12,
    },
  });
  const whole = Object.fromEntries(billOf(amounts, PRICES, 1).map(({ what, usd }) => [what, usd]));
  expect(whole).toMatchObject({ requests: 4, queue: 12 });
  expect(whole.redis).toBeCloseTo(2 / 3);
  expect(totalUsd(billOf(amounts, PRICES, 0))).toBe(57);
});

test('an idle month pays for looking, and for pulls only while workers wait', () => {
  const waiting = amountsOfIdleMonth(MEASURED, { workersWait: true }, PRICES);
  expect(waiting).toMatchObject({ worker_requests: 5_000, redis_commands: 10_000, vcpu_hours: 200 });
  expect(waiting.queue_operations).toBe(100_000);
  expect(amountsOfIdleMonth(MEASURED, { workersWait: false }, PRICES).queue_operations).toBe(0);
  expect(waiting.database_cu_hours).toBe(0);
});

test('no film costs nothing', () => {
  const amounts = amountsOfFilm(MEASURED, { minutes: 0, fleetCores: 4, keepMonths: 1 }, PRICES);
  expect(totalUsd(billOf(amounts, PRICES, 0))).toBe(0);
});

test('the program reads what the benches wrote and the price table, and says so', async () => {
  const [measured, prices] = await Promise.all([readMeasured(), readPrices()]);
  expect(measured.filmHour.workerCpuSeconds).toBeGreaterThan(0);
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [path.join(import.meta.dirname, 'cost.ts'), ...args]);
  const { stdout } = await run('--minutes', '1000');
  for (const named of ['bench/results/api.json', 'bench/results/engine.json', 'prices.json', prices.asOf]) {
    expect(stdout).toContain(named);
  }
  const usd = totalUsd(
    billOf(amountsOfFilm(measured, { minutes: 1_000, fleetCores: 8, keepMonths: 1 }, prices), prices, 0),
  );
  expect(stdout).toContain(usd.toFixed(2));
  await expect(run('--minutes', 'many')).rejects.toThrow(/--minutes/);
});
