/**
 * Where nudges come from: three verbs, so that another queue can take the place of the one in use. A nudge may arrive
 * twice, late, out of order, or never: it only says that looking for work may be worth while.
 */
export interface NudgeSource {
  /** Takes up to `max` nudges that are there now; does not wait for any. */
  pull(max: number, signal: AbortSignal): Promise<Nudge[]>;
  /** Tells the queue what became of pulled nudges. A nudge that is never settled comes back by itself. */
  settle(settlement: Settlement, signal: AbortSignal): Promise<void>;
  /** Nudges in the queue, about. */
  depth(signal: AbortSignal): Promise<number>;
}

export interface Nudge {
  /** Names this delivery to the queue. */
  receipt: string;
  /** The task that may be ready, if the body was understood. */
  taskId: string | null;
  /** W3C trace context of its sending. */
  traceparent?: string | null;
  /** Milliseconds since 1970 on the queue's clock. */
  sentAt: number;
}

export interface Settlement {
  /** Handled: gone for good. */
  done: readonly Nudge[];
  /** Given back, for another bridge or a later pull. */
  again: readonly Nudge[];
}

/** The queue could not be reached or refused the call. */
export class NudgeSourceError extends Error {
  override name = 'NudgeSourceError';
  /** HTTP status, or 0 when there was no answer. */
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}
