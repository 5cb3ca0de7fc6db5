import { familyOf } from './edge-metrics.ts';
import type { Family } from './prometheus-text.ts';

/** One answered RPC. Both are of closed sets. */
export interface CallRecord {
  /** `/millrace.v1.JobService/GetJob` */
  method: string;
  /** `ok`, or as Connect writes codes. */
  code: string;
}

/** What a call adds to the counters, beside what its request does. `callFamilies` reads it back. */
export function countCall({ method, code }: CallRecord): [string, number][] {
  return [[`rpc ${method} ${code}`, 1]];
}

/** Fields of another shape are passed over. */
export function callFamilies(fields: Record<string, string>): Family[] {
  const samples = Object.entries(fields).flatMap(([field, text]) => {
    const [kind, method, code] = field.split(' ');
    const value = Number(text);
    if (kind !== 'rpc' || !method || !code || !Number.isFinite(value)) return [];
    return [{ labels: { method, code }, value }];
  });
  return [familyOf('rpc_requests_total', samples)];
}
