import { parseArgs } from 'node:util';
import { runTool } from './check/run-tool.ts';
import { runCommand } from './foreground/run-command.ts';
import { interruptedExitCode, stopRequest } from './foreground/stop-request.ts';

/** All checks of deploy/: images, Compose, manifests, rules, dashboards. `npm test` runs them too. Arguments name files. */
async function checkDeploy(args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  const signal = stopRequest(() => process.exit(interruptedExitCode));
  const { ok } = await runTool({
    tool: 'vitest',
    args: ['run', '--config', 'vitest.workspace.ts', '--project', 'deploy', ...positionals],
    timeoutMs: 40 * 60_000,
    signal,
    output: 'show',
  });
  if (signal.aborted) return interruptedExitCode;
  return ok ? 0 : 1;
}

await runCommand(() => checkDeploy(process.argv.slice(2)));
