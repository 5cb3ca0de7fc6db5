import path from 'node:path';
import { freePort } from '../../deploy/local/free-port.ts';
import type { ControlPlane } from '../../deploy/local/stack/control-plane-up.ts';
import { buildEdgeBundle } from '../../deploy/services/edge/build-bundle.ts';
import { startEdgeOnWorkerd } from '../../deploy/services/edge/start-edge-on-workerd.ts';
import { buildQueueBundle } from '../../deploy/services/queue/build-bundle.ts';
import { startQueueOnWorkerd } from '../../deploy/services/queue/start-queue-on-workerd.ts';

/**
 * Edge and queue as their images run them: on workerd, bundled once into `folder`. `wrangler dev` would watch files and
 * pass every request through Workers of its own meanwhile.
 */
export async function controlPlaneOnWorkerd(folder: string): Promise<ControlPlane> {
  const edgeBundle = path.join(folder, 'edge');
  const queueBundle = path.join(folder, 'queue/worker.js');
  await buildEdgeBundle(edgeBundle);
  await buildQueueBundle(queueBundle);
  return {
    startQueue: ({ port, stateDir, token, logFile = path.join(stateDir, 'queue.log') }) =>
      startQueueOnWorkerd({ port, bundle: queueBundle, dataDir: stateDir, token, logFile }),
    startEdge: async ({ port, variables, queue, logFile }) =>
      startEdgeOnWorkerd({
        port,
        graphqlPort: await freePort(),
        bundleDir: edgeBundle,
        variables: { ...asUnderWrangler, ...variables },
        queue,
        logFile,
      }),
  };
}

/** What wrangler.toml says of the local stack. */
const asUnderWrangler = { OPEN_ACCESS: 'true', WEBHOOK_LOOPBACK: 'true' };
