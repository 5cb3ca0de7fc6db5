import { familyOf } from './edge-metrics.ts';
import { type Family, histogramSamples, type Sample } from './prometheus-text.ts';
import { BUCKET_ENDS } from './request-metrics.ts';

/** Turns the fields that `request-metrics.ts` counts into Prometheus families. Fields of another shape are passed over. */
export function requestFamilies(fields: Record<string, string>): Family[] {
  const counts: Sample[] = [];
  const histograms = new Map<string, { buckets: Map<string, number>; sum: number }>();
  const histogram = (series: string) => {
    const found = histograms.get(series) ?? { buckets: new Map<string, number>(), sum: 0 };
    histograms.set(series, found);
    return found;
  };
  for (const [field, text] of Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [kind, method, endpoint, last] = field.split(' ');
    const value = Number(text);
    if (!method || !endpoint || !Number.isFinite(value)) continue;
    if (kind === 'count' && last) counts.push({ labels: { method, endpoint, status: last }, value });
    if (kind === 'bucket' && last) histogram(`${method} ${endpoint}`).buckets.set(last, value);
    if (kind === 'sum') histogram(`${method} ${endpoint}`).sum = value;
  }
  return [
    familyOf('http_requests_total', counts),
    familyOf(
      'http_request_duration_seconds',
      [...histograms].flatMap(([series, { buckets, sum }]) => {
        const [method = '', endpoint = ''] = series.split(' ');
        const counted = BUCKET_ENDS.map((le) => ({ le, count: buckets.get(le) ?? 0 }));
        return histogramSamples({ method, endpoint }, counted, sum);
      }),
    ),
  ];
}
