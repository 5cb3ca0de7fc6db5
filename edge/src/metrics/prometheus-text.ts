import { z } from 'zod';

const sample = z.object({
  /** Appended to the family's name: `_bucket`, `_sum`, `_count`. */
  suffix: z.string().optional(),
  labels: z.record(z.string(), z.string()),
  value: z.number(),
});
export type Sample = z.infer<typeof sample>;

export const family = z.object({
  name: z.string(),
  type: z.enum(['counter', 'gauge', 'histogram']),
  help: z.string(),
  samples: z.array(sample),
});
export type Family = z.infer<typeof family>;

/**
 * The samples of one histogram. Buckets are cumulative; what is counted is only the smallest that fits.
 *
 * @param counted Upper end of each bucket, as its label says it, and what is in it alone; smallest first, `+Inf` last.
 */
export function histogramSamples(
  labels: Record<string, string>,
  counted: { le: string; count: number }[],
  sum: number,
): Sample[] {
  let below = 0;
  const buckets = counted.map(({ le, count }): Sample => {
    below += count;
    return { suffix: '_bucket', labels: { ...labels, le }, value: below };
  });
  return [...buckets, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: below }];
}

/** Prometheus text format 0.0.4. */
export function prometheusText(families: Family[]): string {
  return families.map(familyText).join('');
}

function familyText({ name, type, help, samples }: Family): string {
  const lines = samples.map(({ suffix = '', labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    return `${name}${suffix}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
