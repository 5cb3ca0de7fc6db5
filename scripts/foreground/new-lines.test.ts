import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newLines } from './new-lines.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-lines-'));
  file = join(folder, 'service.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('only what is added is read, line by line, once', () => {
  writeFileSync(file, 'before\n');
  const read = newLines(file);
  expect(read()).toEqual([]);
  appendFileSync(file, 'eins\nzwei\ndr');
  expect(read()).toEqual(['eins', 'zwei']);
  expect(read()).toEqual([]);
  appendFileSync(file, 'ei €\n');
  expect(read()).toEqual(['drei €']);
});

test('a file may come later, or begin anew', () => {
  const read = newLines(file);
  expect(read()).toEqual([]);
  writeFileSync(file, 'a long first line\n');
  expect(read()).toEqual(['a long first line']);
  writeFileSync(file, 'anew\n');
  expect(read()).toEqual(['anew']);
});
