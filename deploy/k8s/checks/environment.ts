import { readBridgeConfig, readGrpcConfig, readWorkerConfig } from '../../../worker-node/src/config.ts';
import { readEdgeConfig } from '../../services/edge/config.ts';
import { readMigrateConfig } from '../../services/migrate/config.ts';
import { readNeonProxyConfig } from '../../services/neon-proxy/config.ts';
import { readQueueConfig } from '../../services/queue/config.ts';
import { readRedisProxyConfig } from '../../services/redis-proxy/config.ts';
import { isObject, type Manifest } from '../render/manifest.ts';
import type { Container } from './pods.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** How each program reads its environment, by its image and its first argument. */
const READERS: Readonly<Record<string, (env: Environment) => object>> = {
  'worker-node bridge': readBridgeConfig,
  'worker-node worker': readWorkerConfig,
  'worker-node-nvenc worker': readWorkerConfig,
  'worker-node grpc': readGrpcConfig,
  'edge edge': readEdgeConfig,
  'edge queue': readQueueConfig,
  'edge neon-proxy': readNeonProxyConfig,
  'edge redis-proxy': readRedisProxyConfig,
  'edge migrate': readMigrateConfig,
};

/** What Kubernetes sets in every container. */
const KUBERNETES = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

/** Stands for secrets that come from outside. */
const SECRETS: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://millrace:a-password@postgres.example.com:5432/millrace',
  REDIS_URL: 'rediss://:a-password@redis.example.com:6379',
};

/** Whether one of our programs runs in this container. */
export function isOurs({ image }: Container): boolean {
  return image.startsWith('ghcr.io/millrace/');
}

/** The configuration as its program reads it. Throws what the program would say. */
export function configOf(container: Container, manifests: readonly Manifest[]): Record<string, unknown> {
  const image = /millrace\/([\w-]+)/.exec(container.image)?.[1];
  const reader = READERS[`${image} ${container.args[0]}`];
  if (!reader) throw new Error(`no program is ${image} ${container.args[0]}`);
  const config = reader({ ...KUBERNETES, ...environmentOf(container, manifests) });
  return Object.fromEntries(Object.entries(config));
}

/** Names and values as the container gets them. Throws when a ConfigMap or a Secret of ours lacks what it names. */
export function environmentOf(container: Container, manifests: readonly Manifest[]): Record<string, string> {
  return Object.fromEntries(
    container.env.map(({ name, value, valueFrom }) => {
      const { configMapKeyRef, secretKeyRef, fieldRef } = valueFrom ?? {};
      if (configMapKeyRef) return [name, configValue(configMapKeyRef, manifests)];
      if (secretKeyRef) return [name, secretValue(secretKeyRef, manifests)];
      return [name, fieldRef ? fieldRef.fieldPath : (value ?? '')];
    }),
  );
}

function configValue(reference: { name: string; key: string }, manifests: readonly Manifest[]): string {
  const value = dataOf('ConfigMap', reference, manifests);
  if (value === undefined) throw new Error(`ConfigMap ${reference.name} has no ${reference.key}`);
  return value;
}

function secretValue(reference: { name: string; key: string }, manifests: readonly Manifest[]): string {
  const isGiven = reference.name === 'millrace-secrets';
  if (isGiven) return SECRETS[reference.key] ?? `a-long-secret-${reference.key}`;
  const value = dataOf('Secret', reference, manifests);
  if (value === undefined) throw new Error(`Secret ${reference.name} has no ${reference.key}`);
  return Buffer.from(value, 'base64').toString();
}

function dataOf(
  kind: string,
  { name, key }: { name: string; key: string },
  manifests: readonly Manifest[],
): string | undefined {
  const data = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name)?.data;
  const value = isObject(data) ? data[key] : undefined;
  return typeof value === 'string' ? value : undefined;
}
