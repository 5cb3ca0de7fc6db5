import { parseArgs } from 'node:util';
import { isSabotage, SABOTAGES } from './sabotage.ts';
import { runSeed, type SeedOutcome } from './world.ts';

/** `npm run simulate -- --seeds 200`, `-- --seed 17 --trace`, `-- --seeds 50 --break fence`. */
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    break: { type: 'string' },
  },
});

const LAST_LINES = 40;
const startedAt = performance.now();
const sabotage = values.break;
if (sabotage !== undefined && !isSabotage(sabotage)) {
  console.error(`--break takes one of: ${Object.keys(SABOTAGES).join(', ')}`);
  process.exit(2);
}
const rules = sabotage === undefined ? {} : { rules: SABOTAGES[sabotage] };
const seeds =
  values.seed === undefined
    ? Array.from({ length: Number(values.seeds) }, (_, i) => i + 1)
    : [Number(values.seed)];
if (seeds.length === 0 || !seeds.every((seed) => Number.isSafeInteger(seed) && seed > 0)) {
  console.error('--seeds and --seed take a whole number from 1');
  process.exit(2);
}

const outcomes: SeedOutcome[] = [];
for (const seed of seeds) {
  const outcome = await runSeed(seed, { ...rules, verbose: values.trace });
  outcomes.push(outcome);
  if (values.trace) console.log(outcome.trace.join('\n'));
  if (outcome.violation) {
    printViolation(outcome);
    break;
  }
}
printSummary(outcomes);
process.exit(outcomes.some((outcome) => outcome.violation) ? 1 : 0);

function printViolation({ seed, violation, trace }: SeedOutcome): void {
  if (!values.trace) console.log(trace.slice(-LAST_LINES).join('\n'));
  console.log(`\nseed ${seed} violates: ${violation?.invariant}`);
  console.log(`  ${violation?.evidence}`);
  const flags = sabotage === undefined ? '' : ` --break ${sabotage}`;
  console.log(`  again: npm run simulate -- --seed ${seed} --trace${flags}\n`);
}

function printSummary(all: readonly SeedOutcome[]): void {
  const sum = (of: (outcome: SeedOutcome) => number) =>
    all.reduce((total, outcome) => total + of(outcome), 0);
  const faults = new Map<string, number>();
  for (const outcome of all) {
    for (const [what, count] of outcome.faults) faults.set(what, (faults.get(what) ?? 0) + count);
  }
  const count = (...kinds: string[]) => kinds.reduce((total, kind) => total + (faults.get(kind) ?? 0), 0);
  const wallSeconds = (performance.now() - startedAt) / 1000;
  console.log(`seeds         ${all.length}`);
  console.log(`jobs          ${sum((outcome) => outcome.jobs)}`);
  console.log(`attempts      ${sum((outcome) => outcome.attempts)}`);
  console.log(`crashes       ${count('killed process', 'crashAtCall', 'edgeCrash', 'vanished machine')}`);
  console.log(
    `nudges        ${count('lostNudge')} lost, ${count('duplicateNudge')} doubled, ${count('lateNudge')} late`,
  );
  console.log(`virtual time  ${(sum((outcome) => outcome.virtualMs) / 3_600_000).toFixed(1)} h`);
  console.log(`wall time     ${wallSeconds.toFixed(1)} s`);
  console.log(
    `faults        ${[...faults]
      .sort()
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')}`,
  );
}
