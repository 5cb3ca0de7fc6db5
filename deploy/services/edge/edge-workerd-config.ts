import { list, quoted, raw, struct } from '../workerd/capnp.ts';
import {
  fromEnvironment,
  jsonBinding,
  serviceBinding,
  textBinding,
  workerdConfig,
  workerService,
} from '../workerd/workerd-config.ts';
import { bundleFiles } from './bundle-files.ts';

export interface EdgeWorkerd {
  bundleDir: string;
  /** Where the API listens, `host:port`. */
  apiAddress: string;
  /** Unix socket of the cron. */
  controlSocket: string;
  /** The Worker's variables that are set; workerd takes their values from its environment. */
  variables: readonly string[];
  /** Of the nudges' queue, without the token: that is `QUEUE_API_TOKEN` in the environment. */
  queueUrl: string;
  clientAddressHeader: string;
  /** Hosts, with their ports, that may be on the inside. `everything` lifts the rule: for one machine only. */
  reachable: readonly string[] | 'everything';
}

/** The edge as one workerd process: plain data in, the text of its configuration out. */
export function edgeWorkerdConfig(edge: EdgeWorkerd): string {
  const files = bundleFiles(edge.bundleDir);
  const { reachable } = edge;
  const outbound = reachable === 'everything' ? 'anywhere' : 'outbound';
  const alone = (name: Parameters<typeof files.module>[0]) => [
    { name: `${name}.js`, file: files.module(name) },
  ];
  return workerdConfig({
    services: [
      struct({
        name: quoted('assets'),
        assets: struct({ path: quoted(files.assets), userWorker: quoted('edge') }),
      }),
      workerService('edge', {
        modules: [
          { name: 'door.js', file: files.module('door') },
          { name: 'shared-rate-limiter.js', file: files.module('shared-rate-limiter') },
          { name: 'worker.js', file: files.worker },
        ],
        bindings: {
          ...Object.fromEntries(edge.variables.map((name) => [name, fromEnvironment(name)])),
          CLIENT_ADDRESS_HEADER: textBinding(edge.clientAddressHeader),
          NUDGES: raw('queue = "nudges"'),
        },
        fields: { globalOutbound: quoted(outbound), cacheApiOutbound: quoted('no-cache') },
      }),
      workerService('nudges', {
        modules: alone('nudges'),
        bindings: {
          QUEUE_URL: textBinding(edge.queueUrl),
          QUEUE_API_TOKEN: fromEnvironment('QUEUE_API_TOKEN'),
        },
        fields: { globalOutbound: quoted('anywhere') },
      }),
      workerService('no-cache', { modules: alone('no-cache') }),
      workerService('control', {
        modules: alone('control'),
        bindings: { EDGE: serviceBinding('edge') },
        compatibilityFlags: ['service_binding_extra_handlers'],
      }),
      ...(reachable === 'everything'
        ? []
        : [
            workerService('outbound', {
              modules: alone('outbound'),
              bindings: {
                NAMED_HOSTS: jsonBinding(reachable),
                ANYWHERE: serviceBinding('anywhere'),
                PUBLIC: serviceBinding('public'),
              },
            }),
            network('public', ['public']),
          ]),
      network('anywhere', ['public', 'private']),
    ],
    sockets: [
      { name: 'api', address: edge.apiAddress, service: 'assets' },
      { name: 'control', address: `unix:${edge.controlSocket}`, service: 'control' },
    ],
  });
}

function network(name: string, allow: readonly string[]) {
  return struct({
    name: quoted(name),
    network: struct({
      allow: list(allow.map(quoted)),
      tlsOptions: struct({ trustBrowserCas: raw('true') }),
    }),
  });
}
