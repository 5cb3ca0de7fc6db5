import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BOARDS } from '../grafana/boards.ts';
import { readRules } from './rules/rule-files.ts';

const page = await readFile(join(import.meta.dirname, '../../docs/runbooks.md'), 'utf8');
const sections = page.split('\n### ').slice(1);

test('every alert has a section, and its address is that of the section', async () => {
  const { alerting } = await readRules();
  expect(sections.map((section) => section.split('\n')[0]).sort()).toEqual(
    alerting.map(({ alert }) => alert).sort(),
  );
  for (const { alert, annotations } of alerting) {
    expect(annotations.runbook_url).toBe(
      `https://github.com/millrace/millrace/blob/main/docs/runbooks.md#${alert.toLowerCase()}`,
    );
  }
});

test('every section says what it means, who notices, where to look and what to do', () => {
  for (const section of sections)
    expect(
      [...section.matchAll(/^- \*\*(\w+)\*\* /gm)].map(([, word]) => word),
      section,
    ).toEqual([...['Meaning', 'Impact', 'Look', 'Do']]);
});

test('the panels that sections name exist', () => {
  const panels = new Map(
    BOARDS.map(({ title, rows }) => [
      title.replace('Millrace: ', ''),
      rows.flatMap((row) => row.panels.map((panel) => panel.title)),
    ]),
  );
  for (const [, board = '', panel = ''] of page.matchAll(/\*\*(\w+): ([^*]+)\*\*/g)) {
    const titles = panels.get(board.toLowerCase());
    if (board === 'Millrace') expect([...panels.keys()]).toContain(panel);
    else
      expect(
        titles?.some((title) => title.startsWith(panel)),
        `${board}: ${panel}`,
      ).toBe(true);
  }
});
