import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { needProgram } from '../checks/need-program.ts';
import { runProgram } from '../checks/run-program.ts';
import { readRules } from '../prometheus/rules/rule-files.ts';

const CONFIG = join(import.meta.dirname, 'alertmanager.yml');
const RECEIVERS = { critical: 'on-call-pager', warning: 'on-call-chat', info: 'digest' };

describe.runIf(needProgram('amtool', 'prometheus-alertmanager'))('amtool', () => {
  test('takes the configuration', async () => {
    const { ok, output } = await runProgram('amtool', ['check-config', CONFIG]);
    expect(ok, output).toBe(true);
  });

  test('every alert reaches the receiver of its severity', async () => {
    const { alerting } = await readRules();
    for (const [severity, receiver] of Object.entries(RECEIVERS)) {
      const ofIt = alerting.filter(({ labels }) => labels.severity === severity);
      expect(ofIt.length, severity).toBeGreaterThan(0);
      for (const { alert, labels } of ofIt) {
        const set = Object.entries({ ...labels, alertname: alert }).map(
          ([name, value]) => `${name}=${value}`,
        );
        const { ok, output } = await runProgram('amtool', [
          ...['config', 'routes', 'test', `--config.file=${CONFIG}`, `--verify.receivers=${receiver}`],
          ...set,
        ]);
        expect(ok, `${alert}: ${output}`).toBe(true);
      }
    }
  });

  test('what has no severity is still heard', async () => {
    const { ok, output } = await runProgram('amtool', [
      ...[
        'config',
        'routes',
        'test',
        `--config.file=${CONFIG}`,
        '--verify.receivers=on-call-chat',
        'alertname=Other',
      ],
    ]);
    expect(ok, output).toBe(true);
  });
});

test('inhibitions name alerts that exist, and none silences a page', async () => {
  const { alerting } = await readRules();
  const { inhibit_rules } = parse(await readFile(CONFIG, 'utf8'), { merge: true });
  const named = (matchers: string[]) =>
    matchers.flatMap((matcher) => {
      const [, pattern] = /^alertname=~?"(.+)"$/.exec(matcher) ?? [];
      return pattern === undefined ? [] : pattern.split('|');
    });
  const found = (pattern: string) => alerting.filter(({ alert }) => new RegExp(`^(${pattern})$`).test(alert));
  for (const { source_matchers, target_matchers } of inhibit_rules) {
    for (const pattern of [...named(source_matchers), ...named(target_matchers)])
      expect(found(pattern), pattern).not.toEqual([]);
    // Somebody was woken by the source already, or nobody is by the target.
    const isPage = (pattern: string) => found(pattern).some(({ labels }) => labels.severity === 'critical');
    if (named(target_matchers).some(isPage)) expect(named(source_matchers).every(isPage)).toBe(true);
  }
});
