import { startUpstashProxy } from '@millrace/local/upstash-proxy.ts';
import { runService } from '../program/run-service.ts';
import { readRedisProxyConfig } from './config.ts';

await runService({
  role: 'redis-proxy',
  readConfig: readRedisProxyConfig,
  start: ({ HOST, PORT, REDIS_URL, REDIS_REST_TOKEN }) =>
    startUpstashProxy({ host: HOST, port: PORT, redisUrl: REDIS_URL, token: REDIS_REST_TOKEN }),
});
