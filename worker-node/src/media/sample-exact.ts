import type { ProbedPacket, ProbedStream } from './probe-json.ts';

const LEAST_PACKETS = 20;
/** The header may count the packets before the first sample that is heard, or not. */
const SLACK_MICROS = 100_000;

/**
 * Whether every sample of a track is where its number says: packets of one length, the last ones a whole number of them
 * after the first, and as many as fill the track. What was once in a container that counts milliseconds is not so,
 * whatever holds it now: copying evens its packets out, but for a jump somewhere.
 *
 * @param head The track's first packets.
 * @param tail The track's last packets.
 */
export function isSampleExact(
  stream: ProbedStream,
  head: readonly ProbedPacket[],
  tail: readonly ProbedPacket[],
): boolean {
  const { codec_name, nb_frames, duration, sample_rate: rate } = stream;
  const start = head[0]?.pts_time ?? null;
  if (nb_frames === null || duration === null || start === null || !rate) return false;
  // PCM is counted in samples, one a packet.
  const length = codec_name?.startsWith('pcm_') ? 1 : packetSamples(tail, start, rate);
  if (length === null) return false;
  return Math.abs((nb_frames * length * 1_000_000) / rate - duration) < SLACK_MICROS;
}

/** Samples of each packet; null where they are not even. */
function packetSamples(packets: readonly ProbedPacket[], start: number, rate: number): number | null {
  const places = packets.flatMap(({ pts_time }) =>
    pts_time === null ? [] : [Math.round(((pts_time - start) * rate) / 1_000_000)],
  );
  const [first = 0, second = 0] = places;
  const length = second - first;
  const isEven = places.every((place, i) => place === first + i * length);
  return places.length >= LEAST_PACKETS && length > 0 && isEven && first % length === 0 ? length : null;
}
