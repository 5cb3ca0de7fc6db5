import { releasedApi } from './check/rpc-api.ts';
import { runTool } from './check/run-tool.ts';
import { runCommand } from './foreground/run-command.ts';
import { interruptedExitCode, stopRequest } from './foreground/stop-request.ts';

/**
 * Run once for each release: from then on `npm test` holds the RPC API, and what edge and fleet say to each other, to
 * what they are now.
 */
async function recordRelease(): Promise<number> {
  const signal = stopRequest(() => process.exit(interruptedExitCode));
  const common = { signal, output: 'show' } as const;
  const args = ['build', '--exclude-source-info', '--output', releasedApi];
  const api = await runTool({ ...common, tool: 'buf', args, folder: 'shared', timeoutMs: 60_000 });
  if (!api.ok) return 1;
  const recorder = ['run', '--config', 'vitest.config.ts', 'src/rpc/released-fleet.test.ts'];
  process.env.RECORD_RELEASE = 'fleet messages';
  const fleet = await runTool({
    ...common,
    tool: 'vitest',
    args: recorder,
    folder: 'edge',
    timeoutMs: 5 * 60_000,
  });
  return fleet.ok ? 0 : 1;
}

await runCommand(recordRelease);
