import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { say } from '../say.ts';

const FOLDER = path.join(tmpdir(), 'millrace-bench-media');

/**
 * A file that is made once for each recipe and found again by later runs. `make` is given where to write; a run that was
 * interrupted leaves nothing that would be taken for the file.
 */
export async function madeOnce(
  name: string,
  recipe: readonly unknown[],
  make: (file: string) => Promise<unknown>,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);
  const extension = path.extname(name);
  const stem = `${path.basename(name, extension)}-${hash}`;
  const file = path.join(FOLDER, `${stem}${extension}`);
  if (existsSync(file)) return file;
  await mkdir(FOLDER, { recursive: true });
  say(`making ${path.basename(file)}`);
  const draft = path.join(FOLDER, `${stem}.${randomUUID()}${extension}`);
  await make(draft);
  await rename(draft, file);
  return file;
}
