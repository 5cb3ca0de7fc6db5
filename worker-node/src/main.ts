import { startBridge } from './bridge/start-bridge.ts';
import { ConfigError, readBridgeConfig, readWorkerConfig } from './config.ts';
import { startWorker } from './worker/start-worker.ts';

/** One program, several roles: `main.ts bridge` or `main.ts worker`. */
async function main(role: string | undefined): Promise<void> {
  switch (role) {
    case 'bridge':
      return await startBridge(readBridgeConfig(process.env));
    case 'worker':
      return await startWorker(readWorkerConfig(process.env));
    default:
      throw new ConfigError('usage: main.ts bridge | worker');
  }
}

try {
  await main(process.argv[2]);
  process.exit(0);
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(error instanceof ConfigError ? 2 : 1);
}
