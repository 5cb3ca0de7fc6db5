import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { repositoryRoot } from '../../deploy/local/stack/repository-root.ts';
import { runTool, type ToolResult } from './run-tool.ts';
import type { Step } from './steps.ts';

const timeoutMs = 60_000;
const advice = 'Run `npm run generate` and keep what it writes.';

/** What is generated is what the sources generate. */
export const generatedCode: readonly Step[] = [
  {
    name: 'generated: RPC',
    run: (signal) =>
      inTemporaryFolder(async (folder) => {
        const args = ['generate', '--output', folder];
        const result = await runTool({
          tool: 'buf',
          args,
          folder: 'shared',
          timeoutMs,
          signal,
          output: 'keep',
        });
        if (!result.ok) return result;
        return sameFiles(join(repositoryRoot, 'shared/src/rpc/gen'), join(folder, 'src/rpc/gen'));
      }),
  },
  {
    name: 'generated: migrations',
    run: (signal) =>
      inTemporaryFolder(async (folder) => {
        const kept = join(repositoryRoot, 'migrations');
        const remade = join(folder, 'migrations');
        await cp(kept, remade, { recursive: true });
        const out = relative(join(repositoryRoot, 'edge'), remade);
        const args = ['generate', '--dialect', 'postgresql', '--schema', 'src/db/schema.ts', '--out', out];
        const result = await runTool({
          tool: 'drizzle-kit',
          args,
          folder: 'edge',
          timeoutMs,
          signal,
          output: 'keep',
        });
        if (!result.ok) return result;
        return sameFiles(kept, remade);
      }),
  },
];

async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-generated-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sameFiles(kept: string, remade: string): Promise<ToolResult> {
  const [before, after] = await Promise.all([contents(kept), contents(remade)]);
  const names = new Set([...before.keys(), ...after.keys()]);
  const different = [...names].filter((name) => before.get(name) !== after.get(name));
  if (different.length === 0) return { ok: true, output: '' };
  return { ok: false, output: `Not up to date: ${different.join(', ')}. ${advice}` };
}

async function contents(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.map(async (file) => [relative(folder, file), await readFile(file, 'utf8')] as const),
    ),
  );
}
