import { runService } from '../program/run-service.ts';
import { readEdgeConfig } from './config.ts';
import { startEdge } from './start-edge.ts';

await runService({ role: 'edge', readConfig: readEdgeConfig, start: startEdge });
