import { expect, test } from 'vitest';
import { idOf, isObject, type Manifest } from '../render/manifest.ts';
import { exampleManifests } from './examples.ts';
import { modelProblems } from './model-problems.ts';
import { renderOverlays } from './overlays.ts';

const overlays = await renderOverlays();

test.each([...overlays])('every object of overlay %s is what Kubernetes would take', (_, manifests) => {
  expect(problemsOf(manifests)).toEqual({});
});

test('every example is what its operator would take', async () => {
  expect(problemsOf(await exampleManifests())).toEqual({});
});

test('a field that does not exist, a wrong type and a missing field are told', () => {
  const [worker] =
    overlays.get('production')?.filter((manifest) => idOf(manifest) === 'Deployment/millrace-worker') ?? [];
  const spoilt = (from: string, to: string) =>
    modelProblems(JSON.parse(JSON.stringify(worker).replace(from, to))).join('\n');
  expect(spoilt('', '')).toBe('');
  expect(spoilt('readOnlyRootFilesystem', 'readonlyRootFilesystem')).toMatch(
    /readonlyRootFilesystem is not a field/,
  );
  expect(spoilt('"terminationGracePeriodSeconds":45', '"terminationGracePeriodSeconds":"45"')).toMatch(
    /integer/,
  );
  expect(spoilt('"containerPort":9111', '"containerport":9111')).toMatch(/containerPort/);
});

function problemsOf(manifests: readonly Manifest[]): Record<string, string[]> {
  const found = manifests.map((manifest) => [idOf(manifest), modelProblems(inOneLine(manifest))] as const);
  return Object.fromEntries(found.filter(([, problems]) => problems.length > 0));
}

/** Kustomize breaks long values of secrets into lines. Kubernetes' decoder passes over that, the model does not. */
function inOneLine(manifest: Manifest): Manifest {
  if (manifest.kind !== 'Secret' || !isObject(manifest.data)) return manifest;
  const lines = Object.entries(manifest.data).map(([key, value]) => [
    key,
    String(value).replaceAll('\n', ''),
  ]);
  return { ...manifest, data: Object.fromEntries(lines) };
}
