import { releasedApi } from './check/rpc-api.ts';
import { runTool } from './check/run-tool.ts';
import { runCommand } from './foreground/run-command.ts';
import { interruptedExitCode, stopRequest } from './foreground/stop-request.ts';

/** Run once for each release: from then on `npm test` holds the RPC API to what it is now. */
async function recordRelease(): Promise<number> {
  const { ok } = await runTool({
    tool: 'buf',
    args: ['build', '--exclude-source-info', '--output', releasedApi],
    folder: 'shared',
    timeoutMs: 60_000,
    signal: stopRequest(() => process.exit(interruptedExitCode)),
    output: 'show',
  });
  return ok ? 0 : 1;
}

await runCommand(recordRelease);
