import { startBridge } from './bridge/start-bridge.ts';
import { ConfigError, readBridgeConfig, readGrpcConfig, readWorkerConfig } from './config.ts';
import { startGrpc } from './grpc/start-grpc.ts';
import { createLogger } from './logger.ts';
import { startWorker } from './worker/start-worker.ts';

/** One program, several roles: `main.ts bridge`, `main.ts worker` or `main.ts grpc`. */
async function main(role: string | undefined): Promise<void> {
  switch (role) {
    case 'bridge':
      return await startBridge(readBridgeConfig(process.env));
    case 'worker':
      return await startWorker(readWorkerConfig(process.env));
    case 'grpc':
      return await startGrpc(readGrpcConfig(process.env));
    default:
      throw new ConfigError('usage: main.ts bridge | worker | grpc');
  }
}

/** What to set is for whoever starts it; anything else is a line of the log. */
function fail(error: unknown): never {
  if (error instanceof ConfigError) {
    console.error(error.message);
    process.exit(2);
  }
  createLogger(process.argv[2] ?? 'unknown', 'info').fatal({ err: error }, 'the process failed');
  process.exit(1);
}

process.on('uncaughtException', fail);
try {
  await main(process.argv[2]);
  process.exit(0);
} catch (error) {
  fail(error);
}
