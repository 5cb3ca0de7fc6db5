const DIGITS = 14;
const ALL = 16 ** DIGITS;

/**
 * Whether a trace that begins here is recorded: OpenTelemetry's ratio of trace ids, by their last 56 bits, so that
 * everybody with the same ratio comes to the same answer.
 */
export function isSampled(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(-DIGITS), 16) < ratio * ALL;
}
