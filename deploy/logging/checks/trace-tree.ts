import type { CollectedSpan } from './collector.ts';

/** Spans of a trace that begin it, and those whose parent nobody sent. */
export function looseEnds(spans: readonly CollectedSpan[]): { roots: string[]; orphans: string[] } {
  const known = new Set(spans.map((span) => span.spanId));
  return {
    roots: spans.filter((span) => span.parentSpanId === '').map(nameOf),
    orphans: spans.filter((span) => span.parentSpanId !== '' && !known.has(span.parentSpanId)).map(nameOf),
  };
}

/** The names from the root down to a span. */
export function pathTo(spans: readonly CollectedSpan[], span: CollectedSpan): string[] {
  const byId = new Map(spans.map((one) => [one.spanId, one]));
  const path: string[] = [];
  for (let at: CollectedSpan | undefined = span; at && path.length < 100; at = byId.get(at.parentSpanId)) {
    path.unshift(nameOf(at));
  }
  return path;
}

function nameOf(span: CollectedSpan): string {
  return `${span.service.replace('millrace-', '')}: ${span.name}`;
}
