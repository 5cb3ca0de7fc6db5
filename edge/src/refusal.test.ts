import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { FAILURES } from '@millrace/shared/task/failure-codes.ts';
import { expect, test } from 'vitest';
import { REFUSALS } from './refusal.ts';

test('docs/api.md lists every error code and every failure code as they are', async () => {
  const page = await readFile(path.resolve(import.meta.dirname, '../../docs/api.md'), 'utf8');
  const documented = page.split('\n').filter((line) => /^\| `[a-z_]+` \| (\d{3}|yes|no) \|/.test(line));
  const expected = [
    ...Object.entries(REFUSALS).map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`),
    ...Object.entries(FAILURES).map(
      ([code, { retryable, meaning }]) => `| \`${code}\` | ${retryable ? 'yes' : 'no'} | ${meaning} |`,
    ),
  ];
  expect(documented).toEqual(expected);
});
