import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { needProgram } from '../checks/need-program.ts';
import { runProgram } from '../checks/run-program.ts';

const CONFIGS = (await readdir(import.meta.dirname)).filter((name) => /^prometheus\..+\.yml$/.test(name));

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-prometheus-'));
  await cp(join(import.meta.dirname, 'rules'), join(folder, 'rules'), { recursive: true });
});
afterAll(() => rm(folder, { recursive: true }));

describe.runIf(needProgram('promtool', 'prometheus'))('promtool', () => {
  test.each(CONFIGS)('takes %s, with the rules that it names', async (name) => {
    // The token is there only where it runs.
    const token = join(folder, 'token');
    await writeFile(token, 'secret');
    const text = await readFile(join(import.meta.dirname, name), 'utf8');
    await writeFile(join(folder, name), text.replaceAll('/run/secrets/metrics_token', token));
    const { ok, output } = await runProgram('promtool', ['check', 'config', join(folder, name)]);
    expect(ok, output).toBe(true);
    expect(output).toMatch(/2 rule files found/);
  });
});

test.each(CONFIGS)('%s scrapes every role by the name that rules and dashboards ask for', async (name) => {
  const { scrape_configs } = parse(await readFile(join(import.meta.dirname, name), 'utf8'));
  const jobs = scrape_configs.map(({ job_name }: { job_name: string }) => job_name);
  expect(jobs).toEqual(
    expect.arrayContaining(['millrace-edge', 'millrace-bridge', 'millrace-worker', 'millrace-grpc']),
  );
});
