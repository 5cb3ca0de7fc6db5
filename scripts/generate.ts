import { runTool } from './check/run-tool.ts';
import { runCommand } from './foreground/run-command.ts';
import { interruptedExitCode, stopRequest } from './foreground/stop-request.ts';

/** Writes what is made from sources: RPC code from the .proto files, migrations from the schema. */
async function generate(): Promise<number> {
  const signal = stopRequest(() => process.exit(interruptedExitCode));
  const common = { args: ['generate'], timeoutMs: 120_000, signal, output: 'show' } as const;
  const rpc = await runTool({ ...common, tool: 'buf', folder: 'shared' });
  const migrations = await runTool({ ...common, tool: 'drizzle-kit', folder: 'edge' });
  return rpc.ok && migrations.ok ? 0 : 1;
}

await runCommand(generate);
