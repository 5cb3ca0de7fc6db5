import { secondsText } from './argv/input.ts';
import type { ProbedPacket } from './probe-json.ts';

/** How far before the claimed end the last packets are looked for. */
export const TAIL_MICROS = 10_000_000;
/** A header may be wrong by this much about the end of a stream. */
export const HEADER_SLACK_MICROS = 1_000_000;

/** What ffprobe is to read: all from a time on, and simply all where that is before the start. */
export function intervalFrom(fromMicros: number, startMicros: number): string {
  return fromMicros <= startMicros ? '%' : `${secondsText(fromMicros)}%`;
}

/** Where the last of these packets ends, or null when none has a time. `unsaidMicros` is the length of one that does not say. */
export function lastEnd(packets: readonly ProbedPacket[], unsaidMicros: number): number | null {
  return packets.reduce<number | null>((latest, packet) => {
    if (packet.pts_time === null) return latest;
    return Math.max(
      latest ?? Number.NEGATIVE_INFINITY,
      packet.pts_time + (packet.duration_time || unsaidMicros),
    );
  }, null);
}
