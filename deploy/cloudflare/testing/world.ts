import path from 'node:path';
import type { Migration } from '@millrace/local/migrations.ts';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';
import { cloudflareApi } from '../account/cloudflare-api.ts';
import { type Deployment, deploy } from '../deploy.ts';
import type { Row } from '../plan.ts';
import { readSettings, type Settings } from '../settings.ts';
import { smokeTest } from '../smoke.ts';
import { readWorkerEnvironment } from '../worker-config.ts';
import { activeVersion, emptyAccount } from './account-state.ts';
import { type FakeCloudflare, startFakeCloudflare } from './fake-cloudflare.ts';
import { fakeEdge } from './fake-edge.ts';
import { fakeWrangler } from './fake-wrangler.ts';

export const environment = readWorkerEnvironment(path.join(repositoryRoot, 'wrangler.toml'), 'production');

export const goodSecrets = {
  DATABASE_URL: 'postgresql://films:database-password@ep-calm-pooler.eu-central-1.aws.neon.tech/films',
  UPSTASH_REDIS_REST_URL: 'https://films.upstash.io',
  UPSTASH_REDIS_REST_TOKEN: 'upstash-token',
  S3_ACCESS_KEY: 'bucket-key',
  S3_SECRET_KEY: 'bucket-secret',
  FLEET_TOKEN: 'fleet-token-of-the-tests',
  PLAYBACK_SECRET: 'playback-secret-of-the-tests',
  OPERATOR_TOKEN: 'operator-token-of-the-tests',
};

/** An account, a database and clients: what a deployment changes, and what may break under it. */
export interface World {
  fake: FakeCloudflare;
  settings: Settings;
  /** Stands for the sources. Versions of code that contains «broken» fail their check. */
  code: string;
  migrations: Migration[];
  /** When the migrations were made that the database has. */
  applied: number[];
  /** Wrangler ends well and has deployed nothing, as when it asks and nobody answers. */
  idle: boolean;
  /** What was done in which order, beside the calls to the API. */
  events: string[];
  /** Milliseconds that were waited between tries. */
  waits: number[];
  run(options?: RunOptions): Promise<Run>;
  /** A new account and an empty database. */
  reset(): void;
}

export type RunOptions = Partial<
  Pick<Deployment, 'rotate' | 'redeploy' | 'takeDomain' | 'check' | 'dryRun' | 'settings'>
> & { secrets?: Record<string, string> };

export interface Run {
  rows: Row[];
  said: string;
  /** What went wrong, or null. */
  error: Error | null;
}

export async function startWorld(): Promise<World> {
  const settings = await readSettings(path.join(import.meta.dirname, '../production.yaml'));
  const world: World = {
    ...{ fake: await startFakeCloudflare(), settings: { ...settings, hostname: 'api.example.com' } },
    ...{
      code: 'first code',
      migrations: [expand(1), expand(2)],
      applied: [],
      events: [],
      waits: [],
      idle: false,
    },
    run: (options = {}) => run(world, options),
    reset() {
      world.settings = { ...settings, hostname: 'api.example.com' };
      const first = {
        code: 'first code',
        migrations: [expand(1), expand(2)],
        applied: [],
        events: [],
        waits: [],
        idle: false,
      };
      Object.assign(world, first);
      Object.assign(world.fake, { state: emptyAccount(), calls: [], faultOf: () => null });
    },
  };
  return world;
}

export function expand(when: number): Migration {
  return { tag: `000${when}_more`, when, phase: 'expand' };
}

export function contract(when: number): Migration {
  return { tag: `000${when}_less`, when, phase: 'contract' };
}

async function run(world: World, options: RunOptions): Promise<Run> {
  const { fake } = world;
  const lines: string[] = [];
  const wrangler = fakeWrangler(fake, () => world.code);
  const wait = async (milliseconds: number) => {
    world.waits.push(milliseconds);
  };
  let clock = 0;
  const { secrets = goodSecrets, settings = world.settings, ...flags } = options;
  const running = deploy({
    api: cloudflareApi({ baseUrl: fake.url, accountId: fake.accountId, token: fake.token, wait }),
    wrangler: {
      ...wrangler,
      deploy(config, release) {
        world.events.push(`deploy ${world.code}`);
        if (world.idle) return Promise.resolve();
        brokenTags(world).set(release.tag, world.code.includes('broken'));
        return wrangler.deploy(config, release);
      },
    },
    ...{ environment, settings, secrets: new Map(Object.entries(secrets)) },
    migrations: 'DATABASE_URL' in secrets ? { all: world.migrations, database: database(world) } : null,
    ...{ root: repositoryRoot, release: 'millrace 0.1.0' },
    ...{ rotate: [], redeploy: false, takeDomain: false, check: false, dryRun: false, ...flags },
    smoke: (url, origins) =>
      outside(world, 'check', () =>
        smokeTest({
          ...{ url, key: 'operator-token-of-the-tests', healthWithinMs: 10_000, say: () => {}, wait },
          origins,
          now: () => (clock += 1_000),
          fetch: fakeEdge(
            () => fake.state,
            environment.name,
            (tag) => brokenTags(world).get(tag) !== true,
          ),
        }),
      ),
    say: (line) => lines.push(line),
  });
  return running.then(
    (rows) => ({ rows, said: lines.join('\n'), error: null }),
    (error: unknown) => ({
      ...{ rows: [], said: lines.join('\n') },
      error: error instanceof Error ? error : new Error(String(error)),
    }),
  );
}

const tagsOfWorlds = new WeakMap<World, Map<string, boolean>>();

/** Which versions do not work. */
function brokenTags(world: World): Map<string, boolean> {
  const tags = tagsOfWorlds.get(world) ?? new Map<string, boolean>();
  tagsOfWorlds.set(world, tags);
  return tags;
}

function database(world: World) {
  return {
    applied: () => outside(world, 'read migrations', async () => [...world.applied]),
    upTo: (last: Migration) =>
      outside(world, `migrate ${last.tag}`, async () => {
        world.applied = world.migrations.map(({ when }) => when).filter((when) => when <= last.when);
      }),
  };
}

/** Something beside the API, which may break off in the same ways. */
async function outside<T>(world: World, what: string, work: () => Promise<T>): Promise<T> {
  const { fake } = world;
  fake.calls.push(what);
  const fault = fake.faultOf({ number: fake.calls.length, method: '', path: what, permission: null });
  if (fault && fault.kind !== 'lost-after') throw new Error(`${what}: connection lost`);
  world.events.push(what);
  const result = await work();
  if (fault) throw new Error(`${what}: connection lost`);
  return result;
}

/** All that matters of a world, without the ids that differ from run to run. */
export function essence({ fake: { state }, applied }: World) {
  return {
    queues: state.queues.map(({ queue_name, settings, consumers }) => ({
      ...{ queue_name, settings },
      consumers: consumers.map(({ consumer_id: _, ...consumer }) => consumer),
    })),
    buckets: [...state.buckets],
    workers: [...state.scripts].map(([name, script]) => ({
      ...{ name, schedules: script.schedules, workersDev: script.workersDev },
      tag: activeVersion(script)?.tag,
      secrets: activeVersion(script)?.secrets,
      message: script.deployments[0]?.message,
    })),
    domains: state.domains.map(({ hostname, service }) => ({ hostname, service })),
    applied,
  };
}
