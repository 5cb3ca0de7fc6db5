import { describe, expect, it } from 'vitest';
import {
  bridgeEnv,
  grpcEnv,
  readBridgeConfig,
  readGrpcConfig,
  readWorkerConfig,
  workerEnv,
} from '../../worker-node/src/config.ts';
import { edgeVariables, readEdgeConfig } from '../services/edge/config.ts';
import { migrateVariables, readMigrateConfig } from '../services/migrate/config.ts';
import { neonProxyVariables, readNeonProxyConfig } from '../services/neon-proxy/config.ts';
import { DEFAULT_SECRETS, LOCAL_MARK } from '../services/program/default-secrets.ts';
import { queueVariables, readQueueConfig } from '../services/queue/config.ts';
import { readRedisProxyConfig, redisProxyVariables } from '../services/redis-proxy/config.ts';
import { composeProject, templateVariables } from './testing/project.ts';

interface Program {
  name: string;
  reads: readonly string[];
  /** Left as the image or the program has them, and why. */
  untouched: readonly string[];
  readConfig: (env: Record<string, string | undefined>) => unknown;
}

/** Where the image keeps what it was built with. */
const ofTheImage = ['EDGE_BUNDLE_DIR', 'QUEUE_BUNDLE', 'FFMPEG_PATH', 'FFPROBE_PATH'];
/** The container's own name is as good. */
const ofTheContainer = ['MACHINE_ID'];
const ofKubernetes = [
  'POD_DELETION_COST',
  'KUBERNETES_SERVICE_HOST',
  'KUBERNETES_SERVICE_PORT',
  'KUBERNETES_ACCOUNT_DIR',
];
/** Files: whoever has a certificate mounts them, or puts a proxy in front (docs/compose.md). */
const ofCertificates = ['GRPC_TLS_CERT_FILE', 'GRPC_TLS_KEY_FILE'];
const untouched = [...ofTheImage, ...ofTheContainer, ...ofKubernetes, ...ofCertificates];

const programs: readonly Program[] = [
  { name: 'edge', reads: edgeVariables, untouched, readConfig: readEdgeConfig },
  { name: 'queue', reads: queueVariables, untouched, readConfig: readQueueConfig },
  { name: 'neon-proxy', reads: neonProxyVariables, untouched, readConfig: readNeonProxyConfig },
  { name: 'redis-proxy', reads: redisProxyVariables, untouched, readConfig: readRedisProxyConfig },
  { name: 'migrate', reads: migrateVariables, untouched, readConfig: readMigrateConfig },
  { name: 'bridge', reads: Object.keys(bridgeEnv.shape), untouched, readConfig: readBridgeConfig },
  { name: 'worker', reads: Object.keys(workerEnv.shape), untouched, readConfig: readWorkerConfig },
  { name: 'grpc', reads: Object.keys(grpcEnv.shape), untouched, readConfig: readGrpcConfig },
];
/** Those that are told whether this is production. */
const guarded = programs.filter(({ reads }) => reads.includes('ENVIRONMENT'));

const template = await templateVariables();

async function environmentOf(name: string, changes: Record<string, string> = {}) {
  const { services } = await composeProject({ ...template, ...changes });
  const service = services[name];
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return service.environment;
}

describe('what Compose passes to the programs', () => {
  it.each(programs)('$name gets every variable that it reads, and none that it does not', async (program) => {
    const given = Object.keys(await environmentOf(program.name)).sort();
    const wanted = program.reads.filter((name) => !program.untouched.includes(name)).sort();
    expect(given).toEqual(wanted);
  });

  it.each(programs)('$name starts with env.template as it is', async (program) => {
    const environment = await environmentOf(program.name);
    expect(() => program.readConfig(environment)).not.toThrow();
  });

  it('leaves nothing untouched that nobody reads', () => {
    const reads = new Set(programs.flatMap((program) => program.reads));
    expect(untouched.filter((name) => !reads.has(name))).toEqual([]);
  });

  it('opens the API to this machine', async () => {
    const { variables, namedHosts, reachesEverything } = readEdgeConfig(await environmentOf('edge'));
    expect(variables.OPEN_ACCESS).toBe('true');
    expect(reachesEverything).toBe(false);
    // What is inside and may be asked; a webhook to anything else inside is not delivered.
    expect(namedHosts).toEqual(
      expect.arrayContaining(['neon-proxy:8091', 'redis-proxy:8092', 'storage:9000']),
    );
  });
});

describe('production', () => {
  const safe = {
    ENVIRONMENT: 'production',
    OPEN_ACCESS: 'false',
    ...Object.fromEntries(
      Object.keys(template)
        .filter((name) => /PASSWORD|SECRET|TOKEN|S3_ACCESS_KEY/.test(name))
        .map((name) => [name, `Zx81${name.replaceAll('_', '')}Zx81`]),
    ),
  };

  it('marks every secret of the template, so that none gets through', () => {
    const secrets = Object.entries(template).filter(([name]) =>
      /PASSWORD|SECRET|TOKEN|S3_ACCESS_KEY/.test(name),
    );
    const known: Readonly<Record<string, string>> = DEFAULT_SECRETS;
    const unmarked = secrets.filter(([name, value]) => value !== known[name] && !value.includes(LOCAL_MARK));
    // The operator's is empty, and so is the storage's, which falls back to the edge's key. `migrate` knows Grafana's.
    expect(unmarked.map(([name]) => name).sort()).toEqual([
      'GRAFANA_PASSWORD',
      'OPERATOR_TOKEN',
      'S3_ROOT_PASSWORD',
    ]);
  });

  it.each(guarded)('$name takes secrets of its own', async ({ name, readConfig }) => {
    const environment = await environmentOf(name, safe);
    expect(() => readConfig(environment)).not.toThrow();
  });

  it.each(guarded)('$name refuses those of the template', async ({ name, readConfig }) => {
    const environment = await environmentOf(name, { ENVIRONMENT: 'production', OPEN_ACCESS: 'false' });
    expect(() => readConfig(environment)).toThrow('refused when ENVIRONMENT is production');
  });

  it.each(['POSTGRES_PASSWORD', 'S3_ACCESS_KEY', 'S3_SECRET_KEY', 'FLEET_TOKEN', 'PLAYBACK_SECRET'])(
    'the edge refuses %s alone',
    async (secret) => {
      const value = template[secret] ?? '';
      const environment = await environmentOf('edge', { ...safe, [secret]: value });
      expect(() => readEdgeConfig(environment)).toThrow('refused when ENVIRONMENT is production');
    },
  );

  it.each([
    ['GRAFANA_PASSWORD', template.GRAFANA_PASSWORD],
    ['ELASTICSEARCH_PASSWORD', template.ELASTICSEARCH_PASSWORD],
    ['KIBANA_PASSWORD', template.KIBANA_PASSWORD],
    ['S3_ROOT_PASSWORD', 'minioadmin'],
  ])('does not come up with %s alone, which is a program’s that takes any', async (secret, value = '') => {
    const environment = await environmentOf('migrate', { ...safe, [secret]: value });
    expect(() => readMigrateConfig(environment)).toThrow(
      new RegExp(`${secret}: .*refused when ENVIRONMENT is production`),
    );
  });

  it('is what a program takes itself to be in when nobody says', async () => {
    const { ENVIRONMENT: _unsaid, ...environment } = await environmentOf('queue');
    expect(() => readQueueConfig(environment)).toThrow('QUEUE_API_TOKEN');
  });

  it('does not run open', async () => {
    const environment = await environmentOf('edge', { ...safe, OPEN_ACCESS: 'true' });
    expect(() => readEdgeConfig(environment)).toThrow('OPEN_ACCESS must not be true in production');
  });
});
