import type { Trace } from '@millrace/shared/trace/trace.ts';

/** Tools whose use is to be seen in a trace. */
export interface TracedTools {
  /** Where spans are hung. Absent: nowhere. */
  trace?: Trace | undefined;
}
