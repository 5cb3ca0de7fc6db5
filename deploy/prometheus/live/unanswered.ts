import { boardQueries } from '../../grafana/boards.ts';
import { metricNames } from '../metric-names.ts';
import { readRules } from '../rules/rule-files.ts';
import type { PromClient } from './prom-client.ts';

/**
 * Everything we ask of Prometheus that told no number within the last seconds: panels, recorded names, and the metrics that
 * alerts are made of, which tell nothing themselves while all is well.
 */
export async function unanswered(prom: PromClient, lastSeconds: number): Promise<string[]> {
  const { recording, alerting } = await readRules();
  const metrics = new Set(alerting.flatMap(({ expr }) => metricNames(expr)));
  const questions = [
    ...boardQueries('20s'),
    ...recording.map(({ record }) => ({ where: 'recording rule', expr: record })),
    ...[...metrics].map((expr) => ({ where: 'alerts', expr })),
  ];
  const missing: string[] = [];
  for (const { where, expr } of questions)
    if ((await prom.seriesWithNumbers(expr, lastSeconds)) === 0) missing.push(`${where}: ${expr}`);
  return missing;
}
