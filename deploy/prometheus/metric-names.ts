import { parser } from '@prometheus-io/lezer-promql';

/** The names of the metrics that a PromQL expression selects. Throws when it is none. */
export function metricNames(expr: string): string[] {
  const names = new Set<string>();
  parser.parse(expr).iterate({
    enter({ type, from, to }) {
      if (type.isError) throw new Error(`no PromQL at ${from}: ${expr}`);
      if (type.name === 'Identifier') names.add(expr.slice(from, to));
    },
  });
  return [...names];
}
