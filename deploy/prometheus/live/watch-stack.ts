import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from '@millrace/local/child-process.ts';
import { freePort } from '@millrace/local/free-port.ts';
import type { Service } from '@millrace/local/stack/service.ts';
import type { Stack } from '@millrace/local/stack.ts';
import { stringify } from 'yaml';
import { createPromClient, type PromClient } from './prom-client.ts';
import { scaledRules } from './scale-rules.ts';

export interface StackWatch {
  prom: PromClient;
  stop(): Promise<void>;
}

/** A real Prometheus on 127.0.0.1 that scrapes a stack and evaluates our rules, with their time `factor` times as fast. */
export async function watchStack(
  stack: Stack,
  { factor, scrapeSeconds }: { factor: number; scrapeSeconds: number },
): Promise<StackWatch> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-prometheus-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await writeFile(join(folder, 'rules.yml'), stringify(await scaledRules(factor)));
  await writeFile(join(folder, 'prometheus.yml'), stringify(configOf(stack, scrapeSeconds)));
  const child = await startChild({
    ...{ name: 'prometheus', command: 'prometheus', logFile: join(folder, 'prometheus.log') },
    args: [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    isReady: async () => (await fetch(`${url}/-/ready`)).ok,
  });
  return {
    prom: createPromClient(url),
    async stop() {
      await child.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** As prometheus.compose.yml, by the addresses of the stack. */
function configOf(stack: Stack, scrapeSeconds: number) {
  const job = (job_name: string, services: readonly Service[]) => ({
    job_name,
    static_configs: [{ targets: services.map(({ url }) => new URL(url).host) }],
  });
  const every = `${scrapeSeconds}s`;
  return {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    rule_files: ['rules.yml'],
    scrape_configs: [
      job('millrace-edge', [stack.edge]),
      job('millrace-bridge', [stack.bridge]),
      job('millrace-worker', stack.workers),
      job('millrace-grpc', [stack.grpc]),
    ],
  };
}
