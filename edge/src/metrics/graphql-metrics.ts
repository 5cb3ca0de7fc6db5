import { familyOf } from './edge-metrics.ts';
import { type Family, histogramSamples } from './prometheus-text.ts';
import { BUCKET_ENDS, DURATION_BUCKETS } from './request-metrics.ts';

/** One answered GraphQL operation. */
export interface OperationRecord {
  /** The one root field, or `several`, `introspection` or `invalid`: never a name that the client made. */
  operation: string;
  status: 'ok' | 'error';
  seconds: number;
}

/** What an operation adds to the counters, beside what its request does. `operationFamilies` reads it back. */
export function countOperation({ operation, status, seconds }: OperationRecord): [string, number][] {
  const bucket = DURATION_BUCKETS.find((bound) => seconds <= bound) ?? '+Inf';
  return [
    [`graphql count ${operation} ${status}`, 1],
    [`graphql bucket ${operation} ${bucket}`, 1],
    [`graphql sum ${operation}`, seconds],
  ];
}

/** Fields of another shape are passed over. */
export function operationFamilies(fields: Record<string, string>): Family[] {
  const read = Object.entries(fields)
    .map(([field, text]) => ({ words: field.split(' '), value: Number(text) }))
    .filter(({ words, value }) => words[0] === 'graphql' && Number.isFinite(value))
    .map(({ words: [, kind = '', operation = '', last = ''], value }) => ({ kind, operation, last, value }));
  const operations = [...new Set(read.map(({ operation }) => operation))].sort();
  return [
    familyOf(
      'graphql_requests_total',
      read
        .filter(({ kind }) => kind === 'count')
        .map(({ operation, last, value }) => ({ labels: { operation, status: last }, value })),
    ),
    familyOf(
      'graphql_request_duration_seconds',
      operations.flatMap((operation) => {
        const own = read.filter((entry) => entry.operation === operation);
        const countOf = (kind: string, last: string) =>
          own.find((entry) => entry.kind === kind && entry.last === last)?.value ?? 0;
        const counted = BUCKET_ENDS.map((le) => ({ le, count: countOf('bucket', le) }));
        return histogramSamples({ operation }, counted, countOf('sum', ''));
      }),
    ),
  ];
}
