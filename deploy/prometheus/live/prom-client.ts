import { z } from 'zod';

const series = z.object({
  metric: z.record(z.string(), z.string()),
  values: z.array(z.tuple([z.number(), z.string()])),
});
const matrix = z.object({ data: z.object({ result: z.array(series) }) });
const targets = z.object({ data: z.object({ activeTargets: z.array(z.object({ health: z.string() })) }) });

/** What we ask a Prometheus. */
export interface PromClient {
  /** How many of an expression's series told a number at some time of the last seconds. */
  seriesWithNumbers(expr: string, lastSeconds: number): Promise<number>;
  /** The highest number that an expression's series told in the last seconds; 0 where none did. */
  highest(expr: string, lastSeconds: number): Promise<number>;
  /** Names of alerts that fired in the last seconds, with the jobs or codes that they named. */
  fired(lastSeconds: number): Promise<string[]>;
  allTargetsUp(): Promise<boolean>;
}

export function createPromClient(url: string): PromClient {
  async function range(expr: string, lastSeconds: number): Promise<z.infer<typeof series>[]> {
    const end = Date.now() / 1_000;
    // Prometheus gives 11,000 points at most.
    const step = Math.max(2, Math.ceil(lastSeconds / 5_000));
    const body = new URLSearchParams({
      ...{ query: expr, start: String(end - lastSeconds), end: String(end), step: String(step) },
    });
    const response = await fetch(`${url}/api/v1/query_range`, {
      ...{ method: 'POST', body, signal: AbortSignal.timeout(30_000) },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${expr}: ${text}`);
    return matrix.parse(JSON.parse(text)).data.result;
  }

  return {
    async seriesWithNumbers(expr, lastSeconds) {
      const found = await range(expr, lastSeconds);
      return found.filter(({ values }) => values.some(([, value]) => Number.isFinite(Number(value)))).length;
    },

    async highest(expr, lastSeconds) {
      const found = await range(expr, lastSeconds);
      const numbers = found.flatMap(({ values }) => values.map(([, value]) => Number(value)));
      return numbers.filter(Number.isFinite).reduce((highest, number) => Math.max(highest, number), 0);
    },

    async fired(lastSeconds) {
      const found = await range('ALERTS{alertstate="firing"}', lastSeconds);
      const names = found.map(({ metric: { alertname = '', job, code } }) =>
        [alertname, job, code].filter((part) => part !== undefined).join(' '),
      );
      return [...new Set(names)].sort();
    },

    async allTargetsUp() {
      const response = await fetch(`${url}/api/v1/targets?state=active`, {
        signal: AbortSignal.timeout(10_000),
      });
      const { activeTargets } = targets.parse(await response.json()).data;
      return activeTargets.length > 0 && activeTargets.every(({ health }) => health === 'up');
    },
  };
}
