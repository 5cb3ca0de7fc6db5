import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FAILURES } from '@millrace/shared/task/failure-codes.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { needProgram } from '../../checks/need-program.ts';
import { runProgram } from '../../checks/run-program.ts';
import { ALERT_CASES } from './alert-cases.ts';
import { promtoolTest } from './promtool-test.ts';
import { RULE_FILES, type Rules, readRules } from './rule-files.ts';

const hasPromtool = needProgram('promtool', 'prometheus');

let rules: Rules;
let folder: string;

beforeAll(async () => {
  rules = await readRules();
  folder = await mkdtemp(join(tmpdir(), 'millrace-rules-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('every alert has a test that it fires and one that it does not', () => {
  expect(ALERT_CASES.map(({ alert }) => alert).sort()).toEqual(
    rules.alerting.map(({ alert }) => alert).sort(),
  );
  for (const { fires, silent } of ALERT_CASES)
    expect(Math.min(fires.length, silent.length)).toBeGreaterThan(0);
});

test('only what happens makes it into the name of an alert, and only its summary tells figures', () => {
  for (const { alert, annotations } of rules.alerting) {
    expect(alert).toMatch(/^Millrace[A-Z][A-Za-z]+$/);
    expect(annotations.description).not.toContain('{{');
  }
});

test('every failure code is either ours to answer for, or that of a source', () => {
  const expr =
    rules.recording.find(({ record }) => record === 'code:own_job_failures:increase1h')?.expr ?? '';
  const ours = /code=~"([^"]+)"/.exec(expr)?.[1]?.split('|') ?? [];
  const theirs = Object.keys(FAILURES).filter(
    (code) =>
      /^(source|unsupported)_/.test(code) ||
      ['nothing_to_encode', 'trim_out_of_range', 'decode_failed'].includes(code),
  );
  expect([...ours, ...theirs].sort()).toEqual(Object.keys(FAILURES).sort());
});

describe.runIf(hasPromtool)('promtool', () => {
  test('takes the rules', async () => {
    const { ok, output } = await runProgram('promtool', ['check', 'rules', '--lint-fatal', ...RULE_FILES]);
    expect(ok, output).toBe(true);
  });

  test.each(ALERT_CASES.map((alertCase) => [alertCase.alert, alertCase] as const))(
    '%s',
    async (alert, alertCase) => {
      const [rulesFile, file] = [join(folder, `${alert}.rules.yml`), join(folder, `${alert}.yml`)];
      const { rules: made, test: cases } = promtoolTest(rules, alertCase, rulesFile);
      await writeFile(rulesFile, stringify(made));
      await writeFile(file, stringify(cases));
      const { ok, output } = await runProgram('promtool', ['test', 'rules', file]);
      expect(ok, output).toBe(true);
    },
  );
});
