import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { repositoryRoot } from '../deploy/local/stack/repository-root.ts';
import { type Count, runTests } from './check/run-tests.ts';
import { type Step, steps } from './check/steps.ts';
import { runCommand } from './foreground/run-command.ts';
import { interruptedExitCode, stopRequest } from './foreground/stop-request.ts';

/** Format, lint, types, generated code, then the tests; all of it, whatever fails on the way. */
async function check(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { quick: { type: 'boolean' } } });
  const signal = stopRequest(() => process.exit(interruptedExitCode));

  const counts: Count[] = [];
  for (const step of steps) {
    counts.push(await runStep(step, signal));
    if (signal.aborted) return interruptedExitCode;
  }
  tellWhetherClipsAreThere();
  counts.push(await runTests({ quick: values.quick ?? false, signal }));
  if (signal.aborted) return interruptedExitCode;

  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function runStep(step: Step, signal: AbortSignal): Promise<Count> {
  const startedAtMs = performance.now();
  const { ok, output } = await step.run(signal);
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  const mark = ok ? styleText('green', 'ok') : styleText('red', 'failed');
  console.log(`${mark}  ${step.name} ${styleText('dim', `${seconds} s`)}`);
  if (!ok) console.log(output.trim());
  return ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** Clips from elsewhere are used in addition to those the tests make, where they are. */
function tellWhetherClipsAreThere(): void {
  if (existsSync(join(repositoryRoot, '../shared/media'))) return;
  console.log(styleText('dim', 'without the additional clips: there is no ../shared/media'));
}

await runCommand(() => check(process.argv.slice(2)));
