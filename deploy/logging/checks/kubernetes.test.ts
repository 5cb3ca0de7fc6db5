import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { modelProblems } from '../../k8s/checks/model-problems.ts';
import { readManifests } from '../../k8s/render/manifest.ts';

const HERE = path.join(import.meta.dirname, '../kubernetes');

const kustomization = z.object({
  namespace: z.string(),
  resources: z.array(z.string()),
  configMapGenerator: z.tuple([z.object({ name: z.string(), files: z.array(z.string()) })]),
});

const daemonSet = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        automountServiceAccountToken: z.literal(false),
        containers: z.tuple([
          z.object({
            command: z.array(z.string()),
            env: z.array(z.object({ name: z.string() })),
            volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() })),
          }),
        ]),
        volumes: z.array(
          z.object({ name: z.string(), configMap: z.object({ name: z.string() }).optional() }),
        ),
      }),
    }),
  }),
});

const read = async (name: string) => readFile(path.join(HERE, name), 'utf8');

test('every object is one that Kubernetes knows', async () => {
  const { resources, namespace } = kustomization.parse(parse(await read('kustomization.yaml')));
  const objects = (await Promise.all(resources.map(read))).flatMap(readManifests);
  expect(objects.map(({ kind }) => kind)).toEqual(['Namespace', 'DaemonSet']);
  expect(objects[0]?.metadata.name).toBe(namespace);
  expect(objects.flatMap(modelProblems)).toEqual([]);
});

test('what the configuration reads is mounted where it reads it', async () => {
  const { configMapGenerator } = kustomization.parse(parse(await read('kustomization.yaml')));
  const [{ name, files }] = configMapGenerator;
  expect(files.map((file) => path.basename(file))).toEqual(['fluent-bit.yaml', 'shape.lua']);
  for (const file of files) expect((await read(file)).length).toBeGreaterThan(0);
  const { template } = daemonSet.parse(parse(await read('daemonset.yaml'))).spec;
  const [{ command, volumeMounts, env }] = template.spec.containers;
  const volume = template.spec.volumes.find(({ configMap }) => configMap?.name === name);
  const mount = volumeMounts.find((one) => one.name === volume?.name);
  expect(command.at(-1)).toBe(`${mount?.mountPath}/fluent-bit.yaml`);
  const text = await read('fluent-bit.yaml');
  for (const folder of ['/var/log', '/var/lib/fluent-bit']) {
    expect(text).toContain(`: ${folder}/`);
    expect(volumeMounts.map(({ mountPath }) => mountPath)).toContain(folder);
  }
  expect(env.map((one) => one.name)).toContain('NODE_NAME');
});
