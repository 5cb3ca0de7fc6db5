import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { repositoryRoot } from '../../deploy/local/stack/repository-root.ts';
import { runTool } from './run-tool.ts';

/** Those that take whole films through FFmpeg, build images, or bring up whole stacks, one after the other. */
const slowProjects = ['engine', 'deploy', 'e2e'];

const resultsFile = join(repositoryRoot, '.local', 'test-results.json');
const results = z.object({
  success: z.boolean(),
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(
    z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
  ),
});

export interface Count {
  passed: number;
  failed: number;
}

/** Runs the tests of all packages; `quick` leaves the slow projects out. */
export async function runTests(options: { quick: boolean; signal: AbortSignal }): Promise<Count> {
  await rm(resultsFile, { force: true });
  const left = options.quick ? slowProjects.map((name) => `--project=!${name}`) : [];
  const { ok } = await runTool({
    tool: 'vitest',
    args: [
      ...['run', '--config', 'vitest.workspace.ts', ...left],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${resultsFile}`],
    ],
    timeoutMs: 60 * 60_000,
    signal: options.signal,
    output: 'show',
  });
  const read = await readFile(resultsFile, 'utf8').catch(() => undefined);
  // Without a result the run as a whole has failed, whatever it did before.
  if (read === undefined) return { passed: 0, failed: 1 };
  const { success, numPassedTests, numFailedTests, testResults } = results.parse(JSON.parse(read));
  // A file that cannot be loaded, or a hook that throws, fails without a failed test.
  const failedFiles = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  const failed = numFailedTests + failedFiles.length;
  const failedOtherwise = failed === 0 && !(ok && success) ? 1 : 0;
  return { passed: numPassedTests, failed: failed + failedOtherwise };
}
