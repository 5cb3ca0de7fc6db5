import { type Trace, unrecorded } from '@millrace/shared/trace/trace.ts';
import { formatTraceparent, parseTraceparent, type TraceParent } from '@millrace/shared/trace/traceparent.ts';

/** Remembers spans: each as the names from the trace's root down to its own, and how it failed. */
export function createFakeTrace() {
  const paths = new Map<string, string>();
  const ended: string[] = [];
  let count = 0;

  const placeOf = (parent: TraceParent): Trace => ({
    traceparent: formatTraceparent(parent),
    isRecording: true,
    below,
    begin(name) {
      count += 1;
      const spanId = String(count).padStart(16, '0');
      const path = `${paths.get(parent.spanId) ?? 'caller'} > ${name}`;
      paths.set(spanId, path);
      return {
        trace: placeOf({ ...parent, spanId }),
        set: () => {},
        rename: () => {},
        end: (error) => void ended.push(error === undefined ? path : `${path}: ${String(error)}`),
      };
    },
  });
  const below: Trace['below'] = (traceparent) => {
    const parent = parseTraceparent(traceparent);
    return parent?.isSampled ? placeOf(parent) : unrecorded(traceparent || null);
  };

  return {
    trace: { ...unrecorded(null), below },
    /** Those that have ended, in that order. */
    ended,
    /** Those that have not. */
    open: () => [...paths.values()].filter((path) => !ended.some((one) => one.startsWith(path))),
    /** The span that a trace context names. */
    pathOf: (traceparent: string | undefined) => paths.get(parseTraceparent(traceparent)?.spanId ?? ''),
  };
}
