/** First and last byte, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Reads `Range: bytes=a-b`, `bytes=a-` and `bytes=-n`; null when the whole is meant (RFC 9110, 14.2). */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size - 1 : Math.min(size - 1, Number(match[2]));
  return start < size && start <= end ? { start, end } : 'unsatisfiable';
}
