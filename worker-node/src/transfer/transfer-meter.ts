/** Counts what goes over the wire to and from object storage. */
export interface TransferMeter {
  downloaded(bytes: number): void;
  uploaded(bytes: number): void;
  /** A request went wrong; it may be tried again. */
  troubled(trouble: TransferTrouble): void;
}

export const TROUBLES = ['network', 'throttled', 'refused', 'server_error', 'other'] as const;

export interface TransferTrouble {
  operation: 'get' | 'put';
  reason: (typeof TROUBLES)[number];
}

/** What an answer that was not wanted means. */
export function reasonOf(status: number): TransferTrouble['reason'] {
  if (status === 401 || status === 403) return 'refused';
  if (status === 429 || status === 503) return 'throttled';
  return status >= 500 ? 'server_error' : 'other';
}
