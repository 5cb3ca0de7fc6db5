import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LOG_FIELDS } from '@millrace/shared/log/log-fields.ts';
import { indexTemplate } from './elasticsearch/index-template.ts';

const FIELDS_TABLE = /<!-- fields -->\n[\s\S]*<!-- \/fields -->/;
const KEPT_FIELDS = /local KEPT = \{\n[\s\S]*?\n?\}/;

/** What follows from the list of log fields, by file: `node deploy/logging/generate.ts` writes it, a test holds it. */
export async function generatedFiles(): Promise<Map<string, string>> {
  const at = (name: string) => path.join(import.meta.dirname, name);
  const lua = await readFile(at('shape.lua'), 'utf8');
  const docs = await readFile(at('../../docs/logging.md'), 'utf8');
  return new Map([
    [at('elasticsearch/index-template.json'), `${JSON.stringify(indexTemplate(), null, 2)}\n`],
    [at('shape.lua'), lua.replace(KEPT_FIELDS, () => `local KEPT = {\n${keptFields()}}`)],
    [
      at('../../docs/logging.md'),
      docs.replace(FIELDS_TABLE, () => `<!-- fields -->\n${table()}<!-- /fields -->`),
    ],
  ]);
}

function keptFields(): string {
  return Object.keys(LOG_FIELDS)
    .map((name) => `  ${name} = true,\n`)
    .join('');
}

function table(): string {
  const rows = Object.entries(LOG_FIELDS).map(
    ([name, { type, meaning }]) => `| \`${name}\` | ${type} | ${meaning} |\n`,
  );
  return `| field | kind | meaning |\n|---|---|---|\n${rows.join('')}`;
}

if (import.meta.main) {
  for (const [file, text] of await generatedFiles()) await writeFile(file, text);
}
