import { runTool } from './run-tool.ts';
import type { Step } from './steps.ts';

/** Below shared/. What clients of the last release call; `npm run record-release` writes it. */
export const releasedApi = 'src/rpc/released/api.binpb';

/** The .proto files are of one style, and whoever was built with the last release can still call. */
export const rpcApi: readonly Step[] = [
  { name: 'RPC: lint', run: buf(['lint']) },
  { name: 'RPC: as the last release', run: buf(['breaking', '--against', releasedApi]) },
];

function buf(args: readonly string[]): Step['run'] {
  return (signal) =>
    runTool({ tool: 'buf', args, folder: 'shared', timeoutMs: 60_000, signal, output: 'keep' });
}
