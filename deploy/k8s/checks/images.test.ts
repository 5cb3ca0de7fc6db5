import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { renderOverlays } from './overlays.ts';
import { podsOf } from './pods.ts';

const overlays = await renderOverlays();

test('one node runs the database, cache and storage that Compose runs', async () => {
  const compose = await readFile(path.join(import.meta.dirname, '../../compose/compose.yaml'), 'utf8');
  const local = podsOf(overlays.get('local') ?? []).map(({ container }) => container.image);
  const ofOthers = local.filter((image) => !image.startsWith('ghcr.io/millrace/'));
  expect(ofOthers.length).toBe(3);
  for (const image of ofOthers) expect(compose).toContain(`image: ${image}\n`);
});

describe.each([...overlays])('overlay %s', (_, manifests) => {
  const images = podsOf(manifests).flatMap(({ spec }) =>
    [...spec.initContainers, ...spec.containers].map(({ image }) => image),
  );

  test('our images are those of this very version', () => {
    const ours = images.filter((image) => image.startsWith('ghcr.io/millrace/'));
    expect(ours.length).toBeGreaterThan(0);
    for (const image of ours)
      expect(image).toMatch(new RegExp(`:${packageJson.version.replaceAll('.', '\\.')}$`));
  });

  test('images of others are pinned, and come from where they say', () => {
    for (const image of images)
      expect(image).toMatch(/^[\w.-]+\.[a-z]+\/[\w./-]+:(?!latest)[\w.-]*\d[\w.-]*$/);
  });
});
