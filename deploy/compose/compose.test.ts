import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { composeComplaints } from './testing/compose-schema.ts';
import { interpolate, referencedVariables } from './testing/interpolate.ts';
import {
  type ComposeService,
  composeDocument,
  composeFile,
  composeProject,
  templateVariables,
} from './testing/project.ts';

const template = await templateVariables();
const { services, networks, volumes } = await composeProject(template);
const named = Object.entries(services);
/** What is there without a profile. */
const usual = named.filter(([, service]) => service.profiles.length === 0);

const withProfile = (profile: string) =>
  named.filter(([, { profiles }]) => profiles.length === 0 || profiles.includes(profile));

const hasHealthcheck = ({ healthcheck }: ComposeService) =>
  healthcheck !== undefined && 'test' in healthcheck;
const endsByItself = ({ restart }: ComposeService) => restart.startsWith('on-failure');

describe('compose.yaml', () => {
  it('is a Compose file', async () => {
    expect(composeComplaints(interpolate(await composeDocument(), template))).toEqual([]);
  });

  it('would be refused with a key that Compose does not know', async () => {
    const document = z.looseObject({ services: z.looseObject({ edge: z.looseObject({}) }) });
    const wrong = document.parse(interpolate(await composeDocument(), template));
    wrong.services.edge.enviroment = {};
    expect(composeComplaints(wrong).join()).toContain('enviroment');
  });

  it('refers to exactly the variables of env.template', async () => {
    const text = await readFile(composeFile, 'utf8');
    // The value of this secret is named, not written.
    const used = new Set([...referencedVariables(text), 'METRICS_TOKEN']);
    expect([...used].sort()).toEqual(Object.keys(template).sort());
  });

  it('says what to do where a variable is missing', async () => {
    const { POSTGRES_PASSWORD: _left, ...rest } = template;
    await expect(composeProject(rest)).rejects.toThrow('copy env.template to .env');
  });

  it('starts what the quick start promises, and every port is of this machine alone', () => {
    const ports = usual.flatMap(([name, service]) => service.ports.map((port) => `${name} ${port}`));
    expect(ports).toEqual([
      'postgres 127.0.0.1:5432:5432',
      'redis 127.0.0.1:6379:6379',
      'storage 127.0.0.1:9000:9000',
      'storage 127.0.0.1:9001:9001',
      'edge 127.0.0.1:8080:8080',
      'edge 127.0.0.1:8081:8081',
      'grpc 127.0.0.1:50051:50051',
      'prometheus 127.0.0.1:9090:9090',
      'alertmanager 127.0.0.1:9093:9093',
      'grafana 127.0.0.1:3001:3000',
    ]);
    expect(services.worker?.deploy.replicas).toBe(2);
    expect(template).toMatchObject({ GRAFANA_USER: 'admin', GRAFANA_PASSWORD: 'admin' });
  });

  it('pins every image by version, and ours by that of the package', async () => {
    const { version } = z
      .object({ version: z.string() })
      .parse(JSON.parse(await readFile(path.join(repositoryRoot, 'package.json'), 'utf8')));
    for (const [name, { image }] of named) {
      const [, repository = '', tag = ''] = /^(.+?):([^:/]+)$/.exec(image) ?? [];
      expect(repository, `${name}: ${image} names its registry`).toMatch(/^[\w-]+(\.[\w-]+)+\//);
      expect(tag, `${name}: ${image}`).toMatch(/\d+\.\d+\.\d+|\d+\.\d+-|RELEASE\.\d{4}/);
      if (repository.startsWith('ghcr.io/millrace/')) expect(tag).toBe(version);
    }
  });

  it.each(named)('%s has no privileges and bounds', (_name, service) => {
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service).not.toHaveProperty('privileged');
    expect(service).not.toHaveProperty('cap_add');
    expect(service.restart).toMatch(/^(unless-stopped|on-failure:3)$/);
    expect(Number(service.deploy.resources.limits.cpus)).toBeGreaterThan(0);
    expect(service.deploy.resources.limits.memory).toMatch(/^\d+[mg]$/);
    expect(service.logging).toMatchObject({
      driver: 'json-file',
      options: { 'max-size': '10m', 'max-file': '3', labels: 'com.docker.compose.service' },
    });
  });

  it('lets only those write to their root that say why', () => {
    const writers = named.filter(([, service]) => !service.read_only).map(([name]) => name);
    expect(writers).toEqual(['prometheus', 'elasticsearch', 'kibana']);
  });

  it('waits for what can be waited for', () => {
    for (const [name, service] of named) {
      for (const [other, { condition }] of Object.entries(service.depends_on)) {
        const awaited = services[other];
        if (awaited === undefined) throw new Error(`${name} waits for ${other}, which there is not`);
        expect(condition, `${name} waits for ${other}`).toBe(
          endsByItself(awaited) ? 'service_completed_successfully' : 'service_healthy',
        );
        if (!endsByItself(awaited)) expect(hasHealthcheck(awaited), `${other} tells its health`).toBe(true);
      }
    }
    const silent = usual.filter(([, service]) => !endsByItself(service) && !hasHealthcheck(service));
    expect(silent).toEqual([]);
  });

  it.each([
    ['as it is', () => usual],
    ['with --profile logging', () => withProfile('logging')],
    ['with --profile loki', () => withProfile('loki')],
    ['without the storage', () => usual.filter(([name]) => !name.startsWith('storage'))],
  ])('requires nobody who is left out, %s', (_how, started) => {
    const there = new Set(started().map(([name]) => name));
    for (const [name, service] of started()) {
      const missing = Object.entries(service.depends_on)
        .filter(([other, { required }]) => required && !there.has(other))
        .map(([other]) => other);
      expect(missing, name).toEqual([]);
    }
  });

  it('takes no log line before the index template is there', () => {
    expect(services['fluent-bit']?.depends_on).toHaveProperty('logging-setup');
  });

  it('mounts what is there', () => {
    for (const [name, service] of named) {
      for (const volume of service.volumes) {
        const [source = ''] = volume.split(':');
        const isAnonymous = !volume.includes(':');
        if (source.startsWith('.')) {
          const at = path.resolve(path.dirname(composeFile), source);
          expect(existsSync(at), `${name} mounts ${source}`).toBe(true);
          expect(volume.endsWith(':ro'), `${name} only reads ${source}`).toBe(true);
        } else if (!source.startsWith('/') && !isAnonymous) {
          expect(volumes, `${name} mounts ${source}`).toHaveProperty(source);
        }
      }
    }
  });

  it('connects whoever is addressed with whoever addresses it', () => {
    for (const [name, service] of named) {
      for (const [variable, value] of Object.entries(service.environment)) {
        const url = /^\w+:\/\//.test(value) ? URL.parse(value) : null;
        const other = url === null ? undefined : services[url.hostname];
        if (other === undefined) continue;
        // A name and a password to the edge: its statements go through the proxy.
        if (name === 'edge' && variable === 'DATABASE_URL') continue;
        // Written here, and used by clients and workers.
        const users = variable === 'S3_FLEET_ENDPOINT' ? ['worker'] : [name];
        for (const user of users) {
          const shared = other.networks.filter((network) => services[user]?.networks.includes(network));
          expect(shared, `${user} reaches ${url?.hostname} (${variable})`).not.toEqual([]);
        }
        const ownPort = other.environment.PORT;
        if (ownPort !== undefined) expect(url?.port, `${name}: ${variable}`).toBe(ownPort);
      }
    }
  });

  it('gives the storage a first user of its own, whom the edge does not know', async () => {
    const root = { S3_ROOT_USER: 'first-user', S3_ROOT_PASSWORD: 'first-password' };
    const apart = (await composeProject({ ...template, ...root })).services;
    expect(apart.storage?.environment).toMatchObject({
      MINIO_ROOT_USER: 'first-user',
      MINIO_ROOT_PASSWORD: 'first-password',
    });
    const told = Object.entries(apart)
      .filter(([, { environment }]) => Object.values(environment).includes('first-user'))
      .map(([name]) => name);
    expect(told).toEqual(['storage', 'storage-setup']);
    expect(apart.edge?.environment).toMatchObject({
      S3_ACCESS_KEY: 'minioadmin',
      S3_SECRET_KEY: 'minioadmin',
    });
    // Empty in the template: the edge's key.
    expect(services.storage?.environment.MINIO_ROOT_USER).toBe(template.S3_ACCESS_KEY);
    expect(services['storage-setup']?.environment.S3_ROOT_PASSWORD).toBe(template.S3_SECRET_KEY);
  });

  it('has a policy for the bucket of the template, and for no other', async () => {
    const policy = await readFile(path.join(path.dirname(composeFile), 'bucket-policy.json'), 'utf8');
    const buckets = [...policy.matchAll(/arn:aws:s3:::([\w-]+)/g)].map(([, bucket]) => bucket);
    expect(buckets).toEqual([template.S3_BUCKET, template.S3_BUCKET]);
  });

  it('keeps workers away from the data', () => {
    expect(services.worker?.networks).toEqual(['fleet', 'storage', 'worker-metrics']);
    const neighbours = named
      .filter(([, { networks }]) => networks.some((network) => services.worker?.networks.includes(network)))
      .map(([name]) => name);
    expect(neighbours).toEqual(['storage', 'storage-setup', 'edge', 'bridge', 'worker', 'prometheus']);
    const keys = Object.keys(services.worker?.environment ?? {});
    expect(keys.filter((key) => /S3_|DATABASE|REDIS|QUEUE_API|PLAYBACK|OPERATOR/.test(key))).toEqual([]);
    expect(networks.fleet).toEqual({ internal: true });
    expect(networks['worker-metrics']).toEqual({ internal: true });
  });

  it('is scraped by Prometheus under the names and ports that it has', async () => {
    const file = path.join(repositoryRoot, 'deploy/prometheus/prometheus.compose.yml');
    const { scrape_configs: jobs, alerting } = z
      .object({
        scrape_configs: z.array(
          z.object({
            job_name: z.string(),
            static_configs: z.array(z.object({ targets: z.array(z.string()) })).default([]),
            dns_sd_configs: z.array(z.object({ names: z.array(z.string()), port: z.number() })).default([]),
          }),
        ),
        alerting: z.object({
          alertmanagers: z.array(
            z.object({ static_configs: z.array(z.object({ targets: z.array(z.string()) })) }),
          ),
        }),
      })
      .parse(parse(await readFile(file, 'utf8')));
    const targets = [
      ...jobs.flatMap((job) => job.static_configs.flatMap((config) => config.targets)),
      ...jobs.flatMap((job) =>
        job.dns_sd_configs.flatMap((config) => config.names.map((name) => `${name}:${config.port}`)),
      ),
    ];
    expect(targets.sort()).toEqual([
      'bridge:9101',
      'edge:8080',
      'grpc:9121',
      'localhost:9090',
      'worker:9111',
    ]);
    for (const target of targets.filter((name) => !name.startsWith('localhost'))) {
      const [name = '', port] = target.split(':');
      const shared = services.prometheus?.networks.filter((one) => services[name]?.networks.includes(one));
      expect(shared, `Prometheus reaches ${name}`).not.toEqual([]);
      expect(services[name]?.environment.PORT).toBe(port);
    }
    const managers = alerting.alertmanagers.flatMap((one) =>
      one.static_configs.flatMap((config) => config.targets),
    );
    expect(managers).toEqual(['alertmanager:9093']);
  });
});
