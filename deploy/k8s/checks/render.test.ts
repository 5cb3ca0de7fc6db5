import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { needProgram } from '../../checks/need-program.ts';
import { idOf, type Manifest, readManifests } from '../render/manifest.ts';
import { render } from '../render/render.ts';
import { overlayFolder, overlayNames } from './overlays.ts';

const run = promisify(execFile);

/** Kustomize has had components since 3.7, which kubectl has since 1.21; Debian's is older. */
async function hasCurrentKubectl(): Promise<boolean> {
  if (!needProgram('kubectl', 'kubectl, of the Kubernetes project; Debian’s is too old')) return false;
  const { stdout } = await run('kubectl', ['version', '--client', '--output=json']);
  const { major, minor } = JSON.parse(stdout).clientVersion;
  const isCurrent = Number(major) === 1 && Number.parseInt(minor, 10) >= 27;
  if (!isCurrent)
    console.log(`left out: kubectl ${major}.${minor} is too old to compare with (1.27 or later)`);
  return isCurrent;
}

describe.runIf(await hasCurrentKubectl())('what is checked here is what kubectl applies', () => {
  test.each(overlayNames)('overlay %s', async (name) => {
    await expectAsKubectl(overlayFolder(name));
  });

  test('a value that overlay and component set', async () => {
    const generator = (behavior: string, value: string) => [
      { name: 'config', namespace: 'millrace', behavior, literals: [`A=${value}`, `ONLY=<${value}>`] },
    ];
    const component = await folderWith({
      apiVersion: 'kustomize.config.k8s.io/v1alpha1',
      kind: 'Component',
      configMapGenerator: generator('merge', 'of the component'),
    });
    const overlay = await folderWith(
      { configMapGenerator: generator('create', 'of the overlay') },
      component,
    );
    await expectAsKubectl(overlay);
  });
});

test('a kustomization that uses what is not understood here is refused', async () => {
  await expect(render(await folderWith({ namePrefix: 'x-' }))).rejects.toThrow(/namePrefix/);
  await expect(render(await folderWith({ patches: [{ path: 'a', options: {} }] }))).rejects.toThrow(
    /options/,
  );
});

test('a patch for something that is not there is refused', async () => {
  const patch = 'kind: Service\nmetadata: { name: gone }';
  await expect(render(await folderWith({ patches: [{ patch }] }))).rejects.toThrow(/Service\/gone/);
});

async function expectAsKubectl(folder: string): Promise<void> {
  const { stdout } = await run('kubectl', ['kustomize', folder], { maxBuffer: 64 * 1024 ** 2 });
  expect(byId(await render(folder))).toEqual(byId(readManifests(stdout)));
}

async function folderWith(fields: object, ...components: string[]): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-kustomize-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    components: components.map((component) => path.relative(folder, component)),
    ...fields,
  };
  await writeFile(path.join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  return folder;
}

function byId(manifests: readonly Manifest[]): Record<string, Manifest> {
  return Object.fromEntries(manifests.map((manifest) => [idOf(manifest), manifest]));
}
