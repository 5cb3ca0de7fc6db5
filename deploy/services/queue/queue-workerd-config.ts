import { list, quoted, raw, struct } from '../workerd/capnp.ts';
import { fromEnvironment, workerdConfig, workerService } from '../workerd/workerd-config.ts';

/** The stand-in for Cloudflare's queues as one workerd process; its messages are in SQLite below `dataDir`. */
export function queueWorkerdConfig(queue: { bundle: string; address: string; dataDir: string }): string {
  return workerdConfig({
    services: [
      struct({
        name: quoted('data'),
        disk: struct({ path: quoted(queue.dataDir), writable: raw('true') }),
      }),
      workerService('queue', {
        modules: [{ name: 'worker.js', file: queue.bundle }],
        bindings: {
          API_TOKEN: fromEnvironment('API_TOKEN'),
          QUEUE_OBJECT: raw('durableObjectNamespace = "QueueObject"'),
        },
        fields: {
          // Names the folder below the data: whatever is in the queue is lost when this changes.
          durableObjectNamespaces: list([
            struct({
              className: quoted('QueueObject'),
              uniqueKey: quoted('millrace-queue'),
              enableSql: raw('true'),
            }),
          ]),
          durableObjectStorage: raw('(localDisk = "data")'),
        },
      }),
    ],
    sockets: [{ name: 'api', address: queue.address, service: 'queue' }],
  });
}
