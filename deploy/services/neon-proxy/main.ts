import { startNeonProxy } from '@millrace/local/neon-proxy.ts';
import { runService } from '../program/run-service.ts';
import { readNeonProxyConfig } from './config.ts';

await runService({
  role: 'neon-proxy',
  readConfig: readNeonProxyConfig,
  start: ({ HOST, PORT, DATABASE_URL, POOL_SIZE }) =>
    startNeonProxy({ host: HOST, port: PORT, databaseUrl: DATABASE_URL, poolSize: POOL_SIZE }),
});
