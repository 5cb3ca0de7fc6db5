import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Makes a folder of migrations as drizzle-kit writes it: each statement is one, 0000_step, 0001_step and so on. */
export async function migrationsFolder(root: string, statements: readonly string[]): Promise<string> {
  const folder = await mkdtemp(path.join(root, 'migrations-'));
  const entries = statements.map((_, idx) => {
    return { idx, version: '7', when: 1_700_000_000_000 + idx, tag: `000${idx}_step`, breakpoints: true };
  });
  await mkdir(path.join(folder, 'meta'));
  await writeFile(
    path.join(folder, 'meta/_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries }),
  );
  await Promise.all(statements.map((sql, idx) => writeFile(path.join(folder, `000${idx}_step.sql`), sql)));
  return folder;
}
