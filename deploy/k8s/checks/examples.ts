import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Manifest, readManifests } from '../render/manifest.ts';

const folder = path.join(import.meta.dirname, '../examples');

/** What the secrets folder of the examples would apply, by file. */
export async function exampleManifests(): Promise<Manifest[]> {
  const files = (await readdir(folder)).filter(
    (name) => name.endsWith('.yaml') && !name.startsWith('prometheus-'),
  );
  const texts = await Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')));
  return texts.flatMap(readManifests);
}
