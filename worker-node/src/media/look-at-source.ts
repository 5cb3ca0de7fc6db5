import { TaskFailure } from '../task-failure.ts';
import type { Input } from './argv/input.ts';
import { packetsArgv, probeArgv } from './argv/probe.ts';
import { codecTags } from './codec-tags.ts';
import { AUDIO_CODECS, VIDEO_CODECS } from './codecs.ts';
import { demuxerOf } from './formats.ts';
import { LIMITS } from './limits.ts';
import { type Probed, type ProbedPacket, type ProbedStream, probed, probedPackets } from './probe-json.ts';
import { type FfprobeTools, runFfprobe } from './run-ffprobe.ts';
import type { ReadBytes, Sniffed } from './sniff.ts';

/** What can be said of a source before anything is measured: what it is made of, and that we may open it. */
export interface Look {
  input: Input & { demuxer: string };
  probed: Probed;
  /** The streams that count: a video stream that is no cover art, and the audio streams we can decode. */
  video: { stream: ProbedStream; index: number };
  audio: { stream: ProbedStream; index: number }[];
  /** The first packets of the video stream. */
  head: ProbedPacket[];
}

export interface ProbeRun {
  cwd: string;
  signal: AbortSignal;
}

const HEAD_PACKETS = 48;

/** Opens a source for the first time. Throws a permanent `TaskFailure` with the reason why it cannot be used. */
export async function lookAtSource(
  tools: FfprobeTools,
  url: string,
  sniffed: Sniffed,
  read: ReadBytes,
  run: ProbeRun,
): Promise<Look> {
  const first = await runFfprobe(tools, probeArgv({ url, demuxer: null }), run);
  if (!first.ok) {
    const detail = (first.logTail.at(-1) ?? 'no message').replaceAll(url, 'source');
    throw await unopened(sniffed, read, detail);
  }
  const firstLook = probed.safeParse(first.json);
  const demuxer = firstLook.success ? demuxerOf(firstLook.data.format.format_name) : null;
  if (!firstLook.success || demuxer === null) throw await unopened(sniffed, read, 'no known container');
  const found = firstLook.data;

  if (found.streams.length > LIMITS.streams) {
    throw new TaskFailure(
      'source_exceeds_limits',
      `${found.streams.length} streams, at most ${LIMITS.streams}`,
    );
  }
  const video = chooseVideo(found);
  const input = { url, demuxer };
  const head = await readPackets(tools, input, `V:${video.index}`, `%+#${HEAD_PACKETS}`, run);
  if (isEncrypted(video.stream, head)) throw new TaskFailure('source_encrypted', 'the video is encrypted');
  checkCodec(video.stream);
  checkPixels(video.stream);
  if (head.length === 0) {
    throw new TaskFailure(
      (video.stream.nb_frames ?? 0) > 0 || sniffed.truncated ? 'source_truncated' : 'source_unreadable',
      'the video stream has a header and no pictures',
    );
  }
  return { input, probed: found, video, audio: chooseAudio(found), head };
}

/** Packets that are shown: those an edit list cuts away are marked. */
export async function readPackets(
  tools: FfprobeTools,
  input: Input,
  streams: string,
  interval: string,
  run: ProbeRun,
): Promise<ProbedPacket[]> {
  const answer = await runFfprobe(tools, packetsArgv(input, streams, interval), run);
  const parsed = answer.ok ? probedPackets.safeParse(answer.json) : null;
  return (parsed?.data?.packets ?? []).filter((packet) => !packet.flags.includes('D'));
}

/** ffprobe says no in the same way to everything it may not or cannot open: what the file is decides the word. */
async function unopened(sniffed: Sniffed, read: ReadBytes, detail: string): Promise<TaskFailure> {
  if (sniffed.family === null) {
    return new TaskFailure('unsupported_format', 'not a container that is supported');
  }
  if (sniffed.truncated) return new TaskFailure('source_truncated', 'the file ends inside its headers');
  const tags = await codecTags(sniffed.family, read);
  if (tags.encrypted) return new TaskFailure('source_encrypted', 'the video is encrypted');
  if (tags.hasVideo === false) return new TaskFailure('no_video', 'the source has no video stream');
  return tags.unknown !== null
    ? new TaskFailure('unsupported_codec', `the codec "${tags.unknown}" is not supported`)
    : new TaskFailure('source_unreadable', `the container cannot be opened (${detail})`);
}

function chooseVideo(found: Probed): Look['video'] {
  const streams = found.streams.filter(
    (stream) => stream.codec_type === 'video' && stream.disposition?.attached_pic !== 1,
  );
  const [stream] = streams;
  if (!stream) throw new TaskFailure('no_video', 'the source has no video stream');
  return { stream, index: 0 };
}

/** Tracks in a codec we do not know are left out, as long as one is left in. */
function chooseAudio(found: Probed): Look['audio'] {
  const all = found.streams
    .filter((stream) => stream.codec_type === 'audio')
    .map((stream, index) => ({ stream, index }))
    .filter(({ stream }) => !isEmpty(stream));
  const known = all.filter(
    ({ stream }) =>
      Object.hasOwn(AUDIO_CODECS, stream.codec_name ?? '') &&
      (stream.channels ?? 0) > 0 &&
      (stream.sample_rate ?? 0) > 0,
  );
  if (all.length > 0 && known.length === 0) {
    const names = all.map(({ stream }) => stream.codec_name ?? 'unknown').join(', ');
    throw new TaskFailure('unsupported_codec', `the sound is in a codec that is not supported: ${names}`);
  }
  return known;
}

/** Cameras write a sound track even when the microphone was off. */
function isEmpty({ nb_frames, start_time, duration }: ProbedStream): boolean {
  return nb_frames === 0 || (start_time === null && !duration);
}

function checkCodec(stream: ProbedStream): void {
  if (Object.hasOwn(VIDEO_CODECS, stream.codec_name ?? '')) return;
  throw new TaskFailure('unsupported_codec', `the codec ${stream.codec_name ?? 'unknown'} is not supported`);
}

/** Above `-max_pixels` ffprobe succeeds and reports no size at all. */
function checkPixels({ width, height }: ProbedStream): void {
  if (width && height && width * height <= LIMITS.pixels) return;
  throw new TaskFailure('source_exceeds_limits', `a picture of ${width ?? 0} × ${height ?? 0} pixels`);
}

function isEncrypted(stream: ProbedStream, head: readonly ProbedPacket[]): boolean {
  if (stream.codec_tag_string === 'encv') return true;
  return head.some((packet) =>
    packet.side_data_list?.some((side) => side.side_data_type?.startsWith('Encryption')),
  );
}
