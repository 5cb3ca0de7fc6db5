import path from 'node:path';
import { z } from 'zod';
import { buildEdgeBundle } from './edge/build-bundle.ts';
import { buildQueueBundle } from './queue/build-bundle.ts';

/** `node deploy/services/build.ts DIR`: what workerd loads, into `DIR/edge-bundle` and `DIR/queue-bundle`. */
const folder = z.string({ error: 'usage: build.ts DIR' }).parse(process.argv[2]);

await buildEdgeBundle(path.join(folder, 'edge-bundle'));
await buildQueueBundle(path.join(folder, 'queue-bundle/worker.js'));
