/** One answered request. Every part is of a bounded set, so that the number of series is. */
export interface RequestRecord {
  /** Any that is not known is `OTHER`. */
  method: string;
  /** The route's pattern, never the path. */
  endpoint: string;
  /** Of an RPC the one that stands for its code, whatever it was answered with. */
  status: number;
  seconds: number;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Upper bounds in seconds: close around what the objectives in deploy/prometheus promise, which are bounds themselves. */
export const DURATION_BUCKETS = [
  ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.35, 0.5, 0.75, 1, 1.5, 2.5, 5, 10],
];
/** The same as labels, with the last one, which holds the rest. */
export const BUCKET_ENDS = [...DURATION_BUCKETS.map(String), '+Inf'];

/** What a request adds to the counters. `request-families.ts` reads them back. */
export function countRequest({ method, endpoint, status, seconds }: RequestRecord): [string, number][] {
  const series = `${METHODS.has(method) ? method : 'OTHER'} ${endpoint}`;
  const bucket = DURATION_BUCKETS.find((bound) => seconds <= bound) ?? '+Inf';
  return [
    [`count ${series} ${status}`, 1],
    [`bucket ${series} ${bucket}`, 1],
    [`sum ${series}`, seconds],
  ];
}
