import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repositoryRoot } from '../deploy/local/stack/repository-root.ts';
import { type ExposedMetric, exposedMetrics } from '../deploy/prometheus/exposed-metrics.ts';
import { readRules } from '../deploy/prometheus/rules/rule-files.ts';

export const METRICS_PAGE = join(repositoryRoot, 'docs/metrics.md');

const ROLES = {
  edge: [
    'Edge',
    'What Postgres knows and what all isolates count together in Redis, right across isolates and restarts; calls of the fleet come up to a minute late, and an isolate that ends before takes them with it. A scrape is one statement while something is under way, and none while all rests: then the last answer is told again.',
  ],
  bridge: ['Bridge', 'Port 9101.'],
  worker: ['Worker', 'Port 9111.'],
  grpc: ['gRPC', 'Port 9121.'],
} as const;

/** docs/metrics.md, from the code that exposes them and the rules made of them. */
export async function metricsPage(): Promise<string> {
  const exposed = await exposedMetrics();
  const { recording, alerting } = await readRules();
  const roles = Object.entries(ROLES) as [keyof typeof ROLES, (typeof ROLES)[keyof typeof ROLES]][];
  return [
    '# Metrics',
    'Prometheus text at `/metrics` of every role. Written from the code by `scripts/write-metrics.ts`.',
    '`queue_depth` and `storage_errors_total` are told by two roles: choose by `job`, which is `millrace-edge`, `millrace-bridge`, `millrace-worker` or `millrace-grpc` in `deploy/prometheus`.',
    'Scrape with `Authorization: Bearer` and `METRICS_TOKEN`, or set `OPEN_METRICS=true`; the fleet serves its own to whoever reaches the port.',
    ...roles.flatMap(([role, [title, text]]) => [
      `## ${title}`,
      text,
      table(
        ['metric', 'type', 'labels', 'meaning'],
        exposed[role]
          .filter(isOurs)
          .map((metric) => [
            `\`${metric.name}\``,
            metric.type,
            metric.labels.map((label) => `\`${label}\``).join(', '),
            metric.help,
          ]),
      ),
    ]),
    'Bridge, worker and gRPC also expose what Node says of itself (`process_*`, `nodejs_*`).',
    '## Who watches',
    [
      '- Prometheus: `deploy/prometheus/prometheus.compose.yml` for Compose, `prometheus.local.yml` for `npm run dev`, PodMonitors in `deploy/k8s`; rules are the same for all.',
      '- Alertmanager: `deploy/alertmanager/alertmanager.yml`. `critical` goes to PagerDuty, the rest to Slack; their keys are files that you mount.',
      '- Grafana: mount `deploy/grafana/provisioning` and `deploy/grafana/dashboards`. Dashboards are made from `deploy/grafana/boards` by `node deploy/grafana/write-dashboards.ts`.',
      '- `node deploy/checks/mixed-run.ts --minutes 30` puts a mixed load on a local stack under a real Prometheus, and says whether every panel was answered, which alerts fired and what each role took of memory and CPU; then it kills a worker, stops the queue, and says which alerts fire.',
    ].join('\n'),
    '## How many series',
    'No label holds an id, a URL or a name that a client made, but for `project`: the fifty projects with the most CPU time have three series each. The edge has some 30 for each of its endpoints that was called.',
    '## Recorded',
    'By `deploy/prometheus/rules/recording.yml`, for alerts and dashboards.',
    recording.map(({ record }) => `- \`${record}\``).join('\n'),
    '## Alerts',
    'By `deploy/prometheus/rules/alerts.yml`; what to do is in [the runbooks](runbooks.md).',
    table(
      ['alert', 'severity', 'when'],
      alerting.map(({ alert, labels, annotations }) => [
        `[${alert}](runbooks.md#${alert.toLowerCase()})`,
        labels.severity,
        annotations.description,
      ]),
    ),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

function isOurs({ name }: ExposedMetric): boolean {
  return !/^(process|nodejs)_/.test(name);
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

if (import.meta.main) await writeFile(METRICS_PAGE, await metricsPage());
