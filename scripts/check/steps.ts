import { generatedCode } from './generated-code.ts';
import { rpcApi } from './rpc-api.ts';
import { runTool, type ToolResult } from './run-tool.ts';

export interface Step {
  name: string;
  run(signal: AbortSignal): Promise<ToolResult>;
}

/** Every TypeScript project: each package, and shared and the queue's Worker once more for workerd. */
const typeScriptProjects = [
  'shared/tsconfig.json',
  'shared/tsconfig.workers.json',
  'edge/tsconfig.json',
  'edge/tsconfig.test.json',
  'worker-node/tsconfig.json',
  'deploy/tsconfig.json',
  'deploy/local/tsconfig.json',
  'deploy/local/queue/tsconfig.json',
  'e2e/tsconfig.json',
  'tsconfig.json',
];

/** What is checked before the tests run. Who may import whom is among the lint rules. */
export const steps: readonly Step[] = [
  { name: 'format and lint', run: tool('biome', ['check', '--error-on-warnings', '--max-diagnostics=50']) },
  ...typeScriptProjects.map((project) => ({
    name: `types: ${project}`,
    run: tool('tsc', ['--project', project, '--pretty', 'false']),
  })),
  ...generatedCode,
  ...rpcApi,
];

function tool(name: string, args: readonly string[]): Step['run'] {
  return (signal) => runTool({ tool: name, args, signal, timeoutMs: 5 * 60_000, output: 'keep' });
}
