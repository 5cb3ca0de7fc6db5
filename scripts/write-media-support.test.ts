import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { MEDIA_SUPPORT_PAGE, mediaSupportPage } from './write-media-support.ts';

test('docs/media-support.md says what the code says: else run node scripts/write-media-support.ts', async () => {
  const page = await readFile(MEDIA_SUPPORT_PAGE, 'utf8');
  expect(page).toBe(mediaSupportPage());
});
