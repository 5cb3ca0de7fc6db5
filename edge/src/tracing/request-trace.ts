import { describeError } from '@millrace/shared/log/describe-error.ts';
import {
  type OpenSpan,
  type SpanOptions,
  type Trace,
  unrecorded,
  unrecordedSpan,
} from '@millrace/shared/trace/trace.ts';
import { formatTraceparent, parseTraceparent, type TraceParent } from '@millrace/shared/trace/traceparent.ts';
import type { EndedSpan } from './otlp-json.ts';
import { isSampled } from './sampling.ts';

export interface Recorder {
  now(): number;
  /** So many random bytes, in hex. */
  randomHex(bytes: number): string;
  /** Of traces that begin here, the share that is recorded: from 0 to 1. */
  ratio: number;
  /** Takes spans away. Never rejects. */
  send(spans: readonly EndedSpan[]): Promise<void>;
  waitUntil(work: Promise<unknown>): void;
}

export interface RequestTrace {
  /** Where no trace goes on: `below` leads into those that do. */
  none: Trace;
  /** Begins a trace, sampled or not, or goes on with one that a caller named. */
  begin(traceparent: string | null): Trace;
  /** For what is not recorded: goes on with the trace that a caller named, or begins one that is not sampled. */
  pass(traceparent: string | null): Trace;
}

/** Records nothing, and costs two random numbers: traces go through it that others record. */
export function untraced(randomHex: Recorder['randomHex']): RequestTrace {
  const pass = passing(randomHex);
  return { none: unrecorded(null), begin: pass, pass };
}

/**
 * The spans of one request. They are sent together, once it has ended, and what goes on after it once none is open any
 * more: a Worker has no time of its own in which batches could be sent. A span that is never ended is not sent, and neither is what is below it.
 */
export function requestTrace(recorder: Recorder): RequestTrace {
  let ended: EndedSpan[] = [];
  let open = 0;

  function placeOf(parent: TraceParent, isOutside = false): Trace {
    return {
      traceparent: formatTraceparent(parent),
      isRecording: parent.isSampled,
      below,
      begin: (name, options = {}) => beginSpan(parent, name, options, isOutside),
    };
  }

  function below(traceparent: string | null | undefined): Trace {
    const parent = parseTraceparent(traceparent);
    return parent ? placeOf(parent) : none;
  }

  const none: Trace = {
    traceparent: null,
    isRecording: false,
    below,
    begin: () => unrecordedSpan(none),
  };

  function beginSpan(
    parent: TraceParent,
    firstName: string,
    options: SpanOptions,
    isRequest: boolean,
  ): OpenSpan {
    if (!parent.isSampled) return unrecordedSpan(placeOf(parent));
    const { traceId, spanId: parentSpanId } = parent;
    const spanId = recorder.randomHex(8);
    const { kind = 'internal', beganAt = recorder.now() } = options;
    const attributes = { ...options.attributes };
    let name = firstName;
    let isOpen = true;
    open += 1;
    return {
      trace: placeOf({ traceId, spanId, isSampled: true }),
      set: (more) => Object.assign(attributes, more),
      rename(better) {
        name = better;
      },
      end(failure) {
        if (!isOpen) return;
        isOpen = false;
        const error = failure === undefined ? null : firstLine(describeError(failure).message);
        ended.push({
          ...{ traceId, spanId, name, kind, beganAt, endedAt: recorder.now(), attributes, error },
          parentSpanId: parentSpanId === ROOT ? null : parentSpanId,
        });
        open -= 1;
        if (open === 0 || isRequest) sendAll();
      },
    };
  }

  function sendAll(): void {
    const spans = ended;
    ended = [];
    recorder.waitUntil(recorder.send(spans));
  }

  return {
    none,
    begin(traceparent) {
      const given = parseTraceparent(traceparent);
      if (given) return placeOf(given, true);
      const traceId = recorder.randomHex(16);
      return isSampled(traceId, recorder.ratio)
        ? placeOf({ traceId, spanId: ROOT, isSampled: true }, true)
        : placeOf({ traceId, spanId: recorder.randomHex(8), isSampled: false });
    },
    pass: passing(recorder.randomHex),
  };
}

function passing(randomHex: Recorder['randomHex']) {
  return (traceparent: string | null): Trace => {
    const begun = () => ({ traceId: randomHex(16), spanId: randomHex(8), isSampled: false });
    return unrecorded(formatTraceparent(parseTraceparent(traceparent) ?? begun()));
  };
}

/** Stands above the first span of a trace, where nothing is. */
const ROOT = '0'.repeat(16);

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
