import { expect, test } from 'vitest';
import { warningIn } from './warning-in.ts';

test.each([
  ['{"level":"warn","msg":"the queue does not answer"}', 'warn: the queue does not answer'],
  [
    '{"level":"error","msg":"task failed","err":{"type":"Error","message":"exit 1"}}',
    'error: task failed: exit 1',
  ],
  ['{"level":"fatal","err":{"message":"out of\\n memory"}}', 'fatal: out of memory'],
  ['✘ [ERROR] Uncaught Error: no such table', '✘ [ERROR] Uncaught Error: no such table'],
])('%s is a warning', (line, warning) => {
  expect(warningIn(line)).toBe(warning);
});

test.each([
  '{"level":"info","msg":"bridge is up"}',
  '{"message":"not a record of ours"}',
  '{"level":"warn", cut off',
  '[wrangler:info] GET /health 200 OK (3ms)',
  '',
])('%s is none', (line) => {
  expect(warningIn(line)).toBeNull();
});

test('a long one is shortened', () => {
  const warning = warningIn(`✘ ${'a'.repeat(500)}`);
  expect(warning).toHaveLength(160);
  expect(warning).toMatch(/…$/);
});
