import type { StorageTrouble } from '../storage/s3-requests.ts';
import { familyOf } from './edge-metrics.ts';
import type { Family } from './prometheus-text.ts';

/** What a request to storage that went wrong adds to the counters. `storageFamilies` reads it back. */
export function countStorageTrouble({ operation, reason }: StorageTrouble): [string, number][] {
  return [[`storage ${operation} ${reason}`, 1]];
}

/** Fields of another shape are passed over. */
export function storageFamilies(fields: Record<string, string>): Family[] {
  const samples = Object.entries(fields).flatMap(([field, text]) => {
    const [kind, operation, reason] = field.split(' ');
    const value = Number(text);
    if (kind !== 'storage' || !operation || !reason || !Number.isFinite(value)) return [];
    return [{ labels: { operation, reason }, value }];
  });
  return [familyOf('storage_errors_total', samples)];
}
