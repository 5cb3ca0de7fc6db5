import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../checks/run-program.ts';
import { BOARDS } from './boards.ts';
import { buildDashboard } from './build-dashboard.ts';

/** The files that Grafana reads. */
export const DASHBOARDS_FOLDER = join(import.meta.dirname, 'dashboards');

/** Path of each file, and what it is to hold. */
export function dashboardFiles(): Map<string, string> {
  return new Map(
    BOARDS.map((board) => [
      join(DASHBOARDS_FOLDER, `${board.uid}.json`),
      `${JSON.stringify(buildDashboard(board), null, 2)}\n`,
    ]),
  );
}

if (import.meta.main) {
  await mkdir(DASHBOARDS_FOLDER, { recursive: true });
  for (const [file, text] of dashboardFiles()) await writeFile(file, text);
  await runProgram('biome', ['format', '--write', DASHBOARDS_FOLDER]);
}
