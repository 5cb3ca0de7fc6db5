import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { isObject } from '../render/manifest.ts';
import { overlayNames, renderOverlays } from './overlays.ts';
import { podsOf } from './pods.ts';

const root = path.join(import.meta.dirname, '../../..');
const page = readFileSync(path.join(root, 'docs/kubernetes.md'), 'utf8');
const overlays = await renderOverlays();

test('the page names every overlay and every component, and none that is not there', () => {
  const components = readdirSync(path.join(root, 'deploy/k8s/components')).sort();
  const tables = page.split('\n').filter((line) => line.startsWith('| `'));
  const inTable = (name: string) => tables.some((line) => line.split('|')[1]?.includes(`\`${name}\``));
  expect([...overlayNames, ...components].filter((name) => !inTable(name))).toEqual([]);
});

test('the page says of every value that is only an example whose it is', () => {
  const yours = [...overlays].flatMap(([name, manifests]) =>
    manifests
      .filter(({ kind }) => kind === 'ConfigMap' && name !== 'local')
      .flatMap(({ data }) => (isObject(data) ? Object.entries(data) : []))
      .filter(([, value]) => /example\.com|^0+$/.test(String(value)))
      .map(([key]) => key),
  );
  expect(yours.length).toBeGreaterThan(0);
  for (const key of yours) expect(page).toContain(key);
  const policies = [...overlays.values()]
    .flat()
    .filter((manifest) => JSON.stringify(manifest).includes('192.0.2.'));
  expect(policies.length).toBe(3);
  for (const { metadata } of policies) expect(page).toContain(metadata.name);
});

test('the page names every secret', () => {
  const keys = [...overlays].flatMap(([name, manifests]) =>
    name === 'local'
      ? []
      : podsOf(manifests).flatMap(({ container }) =>
          container.env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.key ?? []),
        ),
  );
  for (const key of new Set(keys)) expect(page).toContain(`\`${key}\``);
});

test('the page says the grace of each pod as it is', () => {
  const rows = new Map(
    [...page.matchAll(/^\| (worker|bridge|gRPC|edge) \|.*\| (\d+) s \|$/gm)].map(([, pod, s]) => [
      pod?.toLowerCase(),
      Number(s),
    ]),
  );
  expect(rows.size).toBe(4);
  const pods = podsOf(overlays.get('self-hosted') ?? []);
  for (const [component, seconds] of rows) {
    const graces = pods
      .filter((each) => each.component === component)
      .map(({ spec }) => spec.terminationGracePeriodSeconds);
    expect(new Set(graces), component).toEqual(new Set([seconds]));
  }
});

test('the page’s version is the package’s, and its links lead somewhere', () => {
  const versions = [...page.matchAll(/(?:node|edge):(\d+\.\d+\.\d+)|ref=v(\d+\.\d+\.\d+)/g)].map(
    ([, tag, ref]) => tag ?? ref,
  );
  expect(new Set(versions)).toEqual(new Set([packageJson.version]));
  const links = [...page.matchAll(/\]\(([^)#:]+)(?:#[\w-]+)?\)/g)].flatMap(([, link]) => link ?? []);
  expect(links.filter((link) => !existsSync(path.join(root, 'docs', link)))).toEqual([]);
});
