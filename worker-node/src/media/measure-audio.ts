import { SPAN_MICROS } from '@millrace/shared/media/audio-span.ts';
import type { AudioStreamInfo } from '@millrace/shared/media/media-info.ts';
import { TaskFailure } from '../task-failure.ts';
import { type Chosen, languageOf } from './choose-streams.ts';
import { type Look, type ProbeRun, readPackets } from './look-at-source.ts';
import type { ProbedPacket, ProbedStream } from './probe-json.ts';
import type { FfprobeTools } from './run-ffprobe.ts';
import { isSampleExact } from './sample-exact.ts';
import { HEADER_SLACK_MICROS, intervalFrom, lastEnd, TAIL_MICROS } from './stream-end.ts';

/** Coded sound may begin a little before zero, with samples that nobody hears. */
const PRIMING_MICROS = 100_000;

/** So many that each track has one among them. */
const FIRST_PACKETS = '%+#400';

/**
 * The audio tracks with their starts and ends: by the headers beside pictures, by the packets where no header says it or
 * where there is only sound.
 */
export async function measureAudio(
  tools: FfprobeTools,
  look: Look,
  containerStartMicros: number,
  run: ProbeRun,
): Promise<AudioStreamInfo[]> {
  const soundAlone = look.video === null;
  const unsaid = look.audio.some(({ stream }) => stream.duration === null);
  const cuttable = look.audio.filter(({ stream }) => mayBeCut(look, stream));
  const tail =
    soundAlone || unsaid || cuttable.length > 0
      ? await readTail(tools, look, containerStartMicros, run)
      : null;
  const head = cuttable.length > 0 ? await readPackets(tools, look.input, 'a', FIRST_PACKETS, run) : [];
  return look.audio.map((track) => {
    const start = track.stream.start_time ?? containerStartMicros;
    const claimed = track.stream.duration === null ? null : start + track.stream.duration;
    const packets = tail ? packetsOf(tail.packets, track) : [];
    const measured = lastEnd(packets, 0);
    if (soundAlone && claimed !== null && (measured ?? start) < claimed - HEADER_SLACK_MICROS) {
      throw new TaskFailure(
        'source_truncated',
        `the sound ends before its length of ${seconds(track.stream)} s`,
      );
    }
    const endMicros = (soundAlone ? measured : (claimed ?? measured)) ?? tail?.fromMicros ?? start;
    const found = describe(track, start, endMicros);
    if (!cuttable.includes(track)) return found;
    return { ...found, sampleExact: isSampleExact(track.stream, packetsOf(head, track), packets) };
  });
}

/** Long enough for two spans, in the one container whose times can be exact to the sample. */
function mayBeCut({ input }: Look, { duration }: ProbedStream): boolean {
  return input.demuxer === 'mov' && duration !== null && duration >= 2 * SPAN_MICROS;
}

interface Tail {
  /** A track without packets ended before this. */
  fromMicros: number;
  packets: ProbedPacket[];
}

async function readTail(
  tools: FfprobeTools,
  look: Look,
  containerStartMicros: number,
  run: ProbeRun,
): Promise<Tail> {
  const { duration } = look.probed.format;
  const fromMicros = containerStartMicros + Math.max(0, (duration ?? 0) - TAIL_MICROS);
  const interval = intervalFrom(fromMicros, containerStartMicros);
  return { fromMicros, packets: await readPackets(tools, look.input, 'a', interval, run) };
}

function packetsOf(packets: readonly ProbedPacket[], { stream }: Chosen): ProbedPacket[] {
  return packets.filter((packet) => packet.stream_index === stream.index);
}

function describe({ stream, index }: Chosen, start: number, endMicros: number): AudioStreamInfo {
  const startMicros = start < 0 && start > -PRIMING_MICROS ? 0 : start;
  return {
    index,
    codec: stream.codec_name ?? 'unknown',
    channels: stream.channels ?? 1,
    sampleRate: stream.sample_rate ?? 48_000,
    startMicros,
    endMicros: Math.max(startMicros, endMicros),
    language: languageOf(stream),
    title: stream.tags?.title ?? null,
    isDefault: stream.disposition?.default === 1,
  };
}

function seconds({ duration }: ProbedStream): number {
  return (duration ?? 0) / 1_000_000;
}
