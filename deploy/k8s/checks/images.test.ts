import { describe, expect, test } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { renderOverlays } from './overlays.ts';
import { podsOf } from './pods.ts';

describe.each([...(await renderOverlays())])('overlay %s', (_, manifests) => {
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
