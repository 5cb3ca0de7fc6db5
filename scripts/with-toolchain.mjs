// Runs one of the project's TypeScript programs on any machine with Node ≥ 20 and npm:
//
//   node scripts/with-toolchain.mjs [--browser] [--deploy] scripts/dev.ts --workers 2
//
// What the program needs is put in place first (Node 24, pnpm, the packages of the lockfile, ffmpeg,
// redis-server, with --browser also Chromium, with --deploy what checks container images and rules). When nothing is missing this costs a few file reads and
// prints nothing. Plain JavaScript without dependencies, since it runs before there is anything else.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureNode } from './toolchain/ensure-node.mjs';
import { ensurePackages } from './toolchain/ensure-packages.mjs';
import { ensurePrograms } from './toolchain/ensure-programs.mjs';
import { runProgram } from './toolchain/run-program.mjs';
import { SetUpError } from './toolchain/step.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const words = process.argv.slice(2);
const firstOfProgram = words.findIndex((word) => !['--browser', '--deploy'].includes(word));
const needs = words.slice(0, firstOfProgram);
const [script, ...args] = words.slice(firstOfProgram);

try {
  if (firstOfProgram < 0) {
    throw new SetUpError('Usage: node scripts/with-toolchain.mjs [--browser] [--deploy] SCRIPT [ARGUMENTS]');
  }
  const programs = await ensurePrograms(root, {
    browser: needs.includes('--browser'),
    deploy: needs.includes('--deploy'),
  });
  const node = await ensureNode(root);
  await ensurePackages(root, node);
  process.exitCode = await runProgram({ root, node, script: join(root, script), args, env: programs });
} catch (error) {
  if (!(error instanceof SetUpError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
