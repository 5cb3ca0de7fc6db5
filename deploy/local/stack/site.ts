import type { StackOptions } from '../stack.ts';
import { createLauncher, type Launcher } from './launcher.ts';
import { keepPorts, type Ports } from './ports.ts';
import { keepSecrets, type Secrets } from './secrets.ts';
import type { StateDir } from './state-dir.ts';
import type { Teardown } from './teardown.ts';

/** What everything is built with. */
export interface Site extends Launcher {
  options: StackOptions;
  dir: StateDir;
  secrets: Secrets;
  ports: Ports;
  /** Known before anything runs, so that those who need each other can start side by side. */
  apiPort: number;
  queuePort: number;
  bridgePort: number;
  graphqlPort: number;
  grpcPort: number;
}

export async function prepareSite(options: StackOptions, dir: StateDir, teardown: Teardown): Promise<Site> {
  const { onEvent = () => {}, signal } = options;
  const ports = await keepPorts(dir.ports);
  return {
    ...createLauncher({ logsDir: dir.logs, teardown, onEvent, signal }),
    options,
    dir,
    secrets: await keepSecrets(dir.secrets),
    ports,
    apiPort: options.apiPort ?? (await ports.take('api')),
    queuePort: await ports.take('queue'),
    bridgePort: await ports.take('bridge'),
    graphqlPort: options.graphqlPort ?? (await ports.take('graphql')),
    grpcPort: options.grpcPort ?? (await ports.take('grpc')),
  };
}
