import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { BOARDS } from './boards.ts';
import { DATA_SOURCE } from './build-dashboard.ts';
import { DASHBOARDS_FOLDER, dashboardFiles } from './write-dashboards.ts';

test('the files are what the code makes, and all there are: else run node deploy/grafana/write-dashboards.ts', async () => {
  const files = dashboardFiles();
  expect((await readdir(DASHBOARDS_FOLDER)).map((name) => join(DASHBOARDS_FOLDER, name)).sort()).toEqual(
    [...files.keys()].sort(),
  );
  for (const [file, text] of files)
    expect(JSON.parse(await readFile(file, 'utf8')), file).toEqual(JSON.parse(text));
});

test('the data source that panels ask is provisioned', async () => {
  const file = join(import.meta.dirname, 'provisioning/datasources/millrace.yaml');
  const { datasources } = parse(await readFile(file, 'utf8'));
  expect(datasources).toMatchObject([DATA_SOURCE]);
});

test('titles of a board differ, rows fill their width, and nothing is unlabelled', () => {
  for (const { title, rows } of BOARDS) {
    const titles = rows.flatMap((row) => row.panels.map((panel) => panel.title));
    expect(new Set(titles).size, title).toBe(titles.length);
    for (const row of rows) {
      const width = row.panels.reduce(
        (sum, panel) => sum + (panel.width ?? (panel.draw === 'number' ? 4 : 8)),
        0,
      );
      expect(width % 24, `${title}, ${row.title}`).toBe(0);
    }
  }
});
