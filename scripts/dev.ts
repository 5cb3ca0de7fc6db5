import { relative } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { findRunningStack } from '../deploy/local/stack/claim.ts';
import { repositoryRoot } from '../deploy/local/stack/repository-root.ts';
import { choosePort } from './foreground/choose-port.ts';
import { followWarnings } from './foreground/follow-warnings.ts';
import { localState } from './foreground/local-state.ts';
import { readEdgeVariables, readWorkerCount } from './foreground/read-settings.ts';
import { runCommand } from './foreground/run-command.ts';
import { runOnStack } from './foreground/run-on-stack.ts';
import { serviceLines } from './foreground/service-lines.ts';
import { aborted } from './foreground/stop-request.ts';
import { UsageError } from './foreground/usage-error.ts';

const help = `npm run dev [-- OPTIONS]     the whole of Millrace on this machine, until Ctrl-C

  --workers N   how many workers (default: one per core)
  --fresh       forget all jobs and videos first
  API_PORT=N    in the environment: where the API listens (default: 8080)
  GRAPHQL_PORT=N  the same for GraphQL and its playground (default: 8081)
  GRPC_PORT=N   the same for gRPC (default: 50051)
  OPEN_ACCESS=false OPERATOR_TOKEN=…  with keys, as in production; more in docs/configuration.md
`;

/** Brings the stack up in the foreground and takes it down on Ctrl-C. */
async function dev(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      workers: { type: 'string' },
      fresh: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const workers = readWorkerCount(values.workers);
  const running = await findRunningStack(localState);
  if (running)
    throw new UsageError(`A stack of this checkout already runs, at ${running.apiUrl}. Stop it first.`);
  const apiPort = await choosePort('API_PORT', process.env, 'npm run dev');
  const graphqlPort = await choosePort('GRAPHQL_PORT', process.env, 'npm run dev');
  const grpcPort = await choosePort('GRPC_PORT', process.env, 'npm run dev');

  const startedAtMs = performance.now();
  const print = (line: string) => console.log(line);
  const names = ['postgres', 'redis', 'queue', 'edge', 'graphql', 'grpc', 'bridge', ...workerNames(workers)];
  const tellAboutServices = serviceLines(names, print);
  const followed = followWarnings(print);
  return runOnStack({
    options: {
      stateDir: localState.root,
      fresh: values.fresh ?? false,
      apiPort,
      graphqlPort,
      grpcPort,
      workers,
      variables: { edge: readEdgeVariables(process.env) },
    },
    onEvent: (event) => {
      tellAboutServices(event);
      if (event.type === 'up') followed.add(event.service);
    },
    use: async (stack, ended) => {
      const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
      const logs = relative(repositoryRoot, stack.dir.logs);
      print(`${styleText(['green', 'bold'], 'ready')}  ${stack.apiUrl}`);
      print(`gRPC   ${stack.grpcAddress}`);
      print(styleText('dim', `up in ${seconds} s, logs in ${logs}, Ctrl-C stops`));
      await aborted(ended);
      return 0;
    },
    onStopping: () => {
      followed.stop();
      print(styleText('dim', 'stopping …'));
    },
  });
}

function workerNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `worker-${index + 1}`);
}

await runCommand(() => dev(process.argv.slice(2)));
