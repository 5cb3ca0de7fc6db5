import { type Fraction, parseFraction } from '@millrace/shared/media/fraction.ts';
import type { VideoStreamInfo } from '@millrace/shared/media/media-info.ts';
import { TaskFailure } from '../task-failure.ts';
import type { Chosen } from './choose-streams.ts';
import { displaySize, saneAspectRatio } from './display-size.ts';
import { decideFrameRate } from './frame-rate.ts';
import { type Look, type ProbeRun, readPackets } from './look-at-source.ts';
import type { Probed, ProbedPacket } from './probe-json.ts';
import { clockwiseRotation } from './rotation.ts';
import type { FfprobeTools } from './run-ffprobe.ts';
import { HEADER_SLACK_MICROS, intervalFrom, lastEnd, TAIL_MICROS } from './stream-end.ts';
import { hasAlpha } from './transparency.ts';

/** Reads the exact start and end of the video from its packets. */
export async function measureVideo(
  tools: FfprobeTools,
  look: Look,
  video: Chosen,
  run: ProbeRun,
): Promise<VideoStreamInfo> {
  const { stream } = video;
  const { frameRate, variable } = decideFrameRate(stream.r_frame_rate, stream.avg_frame_rate);
  const frameMicros = Math.round((frameRate.den * 1_000_000) / frameRate.num);
  const startMicros = firstPts(look.head) ?? stream.start_time ?? look.probed.format.start_time ?? 0;
  const claimedEnd = claimedEndMicros(look.probed, video, startMicros);
  const tail = await readTail(tools, look, video, { startMicros, claimedEnd }, run);
  const endMicros = lastEnd(tail, frameMicros);
  if (endMicros === null || (claimedEnd !== null && endMicros < claimedEnd - HEADER_SLACK_MICROS)) {
    const claimed = claimedEnd === null ? '' : ` of ${(claimedEnd - startMicros) / 1_000_000} s`;
    throw new TaskFailure('source_truncated', `the pictures end before the claimed length${claimed}`);
  }
  return {
    ...describe(video, { frameRate, variable, startMicros, endMicros }),
    closedCaptions: look.closedCaptions,
  };
}

/**
 * The last packets: from ten seconds before the end that the stream or else the container claims; further back where
 * other streams go on for longer than the pictures.
 */
async function readTail(
  tools: FfprobeTools,
  look: Look,
  { index }: Chosen,
  { startMicros, claimedEnd }: { startMicros: number; claimedEnd: number | null },
  run: ProbeRun,
): Promise<ProbedPacket[]> {
  const { start_time, duration } = look.probed.format;
  const end = claimedEnd ?? (duration === null ? startMicros : (start_time ?? 0) + duration);
  for (let back = TAIL_MICROS; ; back *= 8) {
    const interval = intervalFrom(end - back, startMicros);
    const packets = await readPackets(tools, look.input, `V:${index}`, interval, run);
    if (packets.length > 0 || interval === '%') return packets;
  }
}

function firstPts(packets: readonly ProbedPacket[]): number | null {
  const times = packets.flatMap((packet) => (packet.pts_time === null ? [] : [packet.pts_time]));
  return times.length > 0 ? Math.min(...times) : null;
}

/** The end by the headers: the stream's or the container's word, whichever promises less. */
function claimedEndMicros({ format }: Probed, { stream }: Chosen, startMicros: number): number | null {
  // Matroska knows only the length of the whole, which the sound may set.
  if (stream.duration === null) return null;
  const byStream = startMicros + stream.duration;
  if (format.duration === null) return byStream;
  return Math.min(byStream, (format.start_time ?? 0) + format.duration);
}

function describe(
  { stream, index }: Chosen,
  measured: { frameRate: Fraction; variable: boolean; startMicros: number; endMicros: number },
): Omit<VideoStreamInfo, 'closedCaptions'> {
  const codedWidth = stream.width ?? 0;
  const codedHeight = stream.height ?? 0;
  const sampleAspectRatio = saneAspectRatio(parseFraction(stream.sample_aspect_ratio ?? ''));
  const rotation = clockwiseRotation(
    stream.side_data_list?.find((side) => side.rotation !== undefined)?.rotation,
  );
  return {
    index,
    codec: stream.codec_name ?? 'unknown',
    pixelFormat: stream.pix_fmt ?? 'unknown',
    codedWidth,
    codedHeight,
    sampleAspectRatio,
    rotation,
    ...displaySize(codedWidth, codedHeight, sampleAspectRatio, rotation),
    frameRate: measured.frameRate,
    variableFrameRate: measured.variable,
    startMicros: measured.startMicros,
    endMicros: measured.endMicros,
    endMeasured: true,
    colorTransfer: known(stream.color_transfer),
    colorPrimaries: known(stream.color_primaries),
    colorSpace: known(stream.color_space),
    colorRange: known(stream.color_range),
    fieldOrder: known(stream.field_order),
    alpha: hasAlpha(stream),
  };
}

function known(value: string | undefined): string | null {
  return value === undefined || value === 'unknown' ? null : value;
}
