import path from 'node:path';
import { parseArgs } from 'node:util';
import {
  type Amounts,
  amountsOfFilm,
  amountsOfIdleMonth,
  billOf,
  type CostLine,
  totalUsd,
} from './estimate-cost.ts';
import { readMeasured } from './measured.ts';
import { PRICES_FILE, type PriceTable, readPrices } from './price-table.ts';

/** `npm run cost -- --minutes 1000`: what so many minutes of film cost, and a month in which nothing happens. */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1000' },
    'fleet-cores': { type: 'string', default: '8' },
    'keep-months': { type: 'string', default: '1' },
    prices: { type: 'string', default: PRICES_FILE },
  },
});

const workload = {
  minutes: amount('minutes', 0),
  fleetCores: amount('fleet-cores', 1),
  keepMonths: amount('keep-months', 0),
};
const [measured, prices] = await Promise.all([readMeasured(), readPrices(values.prices)]);

console.log('Amounts: bench/results/api.json (npm run bench -- api: operations), bench/results/engine.json');
console.log('(npm run bench -- engine: CPU and bytes of its film, three H.264 renditions of 1080p).');
console.log(`Prices: ${path.relative('.', values.prices)}, ${prices.asOf}. ${prices.note}`);

const film = amountsOfFilm(measured, workload, prices);
print(`${workload.minutes} minutes of film, free amounts not deducted`, film, prices, 0);
for (const workersWait of [true, false]) {
  const fleet = workersWait ? 'workers waiting' : 'workers scaled to nothing';
  print(`an idle month, ${fleet}`, amountsOfIdleMonth(measured, { workersWait }, prices), prices, 1);
}
const plans = Object.entries(prices.monthly).map(([name, usd]) => `${name} ${usd.toFixed(2)}`);
console.log(`\nPlans of a month come on top: ${plans.join(', ')}.`);

function amount(name: 'minutes' | 'fleet-cores' | 'keep-months', least: number): number {
  const given = Number(values[name]);
  if (Number.isFinite(given) && given >= least) return given;
  console.error(`--${name} takes a number from ${least}`);
  process.exit(2);
}

function print(title: string, amounts: Amounts, table: PriceTable, freeShare: 0 | 1): void {
  const lines = billOf(amounts, table, freeShare);
  console.log(`\n${title}`);
  for (const line of lines) console.log(row(line));
  console.log(`  ${'total'.padEnd(26)}${' '.repeat(16)}${dollars(totalUsd(lines))}`);
}

function row({ what, amount, usd }: CostLine): string {
  const shown = amount < 100 ? amount.toFixed(1) : Math.round(amount).toLocaleString('en-US');
  return `  ${what.padEnd(26)}${shown.padStart(16)}${dollars(usd)}`;
}

function dollars(usd: number): string {
  return `${usd.toFixed(2).padStart(12)} USD`;
}
