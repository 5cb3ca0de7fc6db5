import { startBridge } from './bridge/start-bridge.ts';
import { ConfigError, readBridgeConfig, readGrpcConfig, readWorkerConfig } from './config.ts';
import { startGrpc } from './grpc/start-grpc.ts';
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

try {
  await main(process.argv[2]);
  process.exit(0);
} catch (error) {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(error instanceof ConfigError ? 2 : 1);
}
