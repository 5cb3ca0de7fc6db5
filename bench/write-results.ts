import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Keeps what a bench found in `bench/results/NAME.json`. */
export async function writeResults(name: string, results: object): Promise<void> {
  const folder = path.join(import.meta.dirname, 'results');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${name}.json`), `${JSON.stringify(results, null, 2)}\n`);
}
