import { runService } from '../program/run-service.ts';
import { readQueueConfig } from './config.ts';
import { startQueue } from './start-queue.ts';

await runService({ role: 'queue', readConfig: readQueueConfig, start: startQueue });
