import { TaskFailure } from '../task-failure.ts';
import type { Input } from './argv/input.ts';
import { packetsArgv, probeArgv } from './argv/probe.ts';
import { captionsInPictures } from './captions-in-pictures.ts';
import { type ChosenStreams, chooseStreams } from './choose-streams.ts';
import { codecTags } from './codec-tags.ts';
import { demuxerOf } from './formats.ts';
import { LIMITS } from './limits.ts';
import { type Probed, type ProbedPacket, type ProbedStream, probed, probedPackets } from './probe-json.ts';
import { type FfprobeTools, runFfprobe } from './run-ffprobe.ts';
import type { ReadBytes, Sniffed } from './sniff.ts';

/** What can be said of a source before anything is measured: what it is made of, and that we may open it. */
export interface Look extends ChosenStreams {
  input: Input & { demuxer: string };
  probed: Probed;
  /** The first packets of the video stream, or of the first audio stream where there are no pictures. */
  head: ProbedPacket[];
  /** CEA-608 or CEA-708 captions lie in the pictures. */
  closedCaptions: boolean;
}

export interface ProbeRun {
  cwd: string;
  signal: AbortSignal;
}

/** Packets of the stream that say enough about its beginning, and of all streams that are looked at first. */
const HEAD_PACKETS = 48;
const FIRST_PACKETS = 160;

/** Opens a source for the first time. Throws a permanent `TaskFailure` with the reason why it cannot be used. */
export async function lookAtSource(
  tools: FfprobeTools,
  url: string,
  sniffed: Sniffed,
  read: ReadBytes,
  run: ProbeRun,
): Promise<Look> {
  const opened = await runFfprobe(tools, probeArgv({ url, demuxer: null }, FIRST_PACKETS), run);
  if (!opened.ok) {
    const detail = (opened.logTail.at(-1) ?? 'no message').replaceAll(url, 'source');
    throw await unopened(sniffed, read, detail);
  }
  const firstLook = probed.safeParse(opened.json);
  const demuxer = firstLook.success ? demuxerOf(firstLook.data.format.format_name) : null;
  if (!firstLook.success || demuxer === null) throw await unopened(sniffed, read, 'no known container');
  const found = firstLook.data;

  if (found.streams.length > LIMITS.streams) {
    throw new TaskFailure(
      'source_exceeds_limits',
      `${found.streams.length} streams, at most ${LIMITS.streams}`,
    );
  }
  const chosen = chooseStreams(found);
  const input = { url, demuxer };
  const head = await firstPackets(tools, { input, chosen, probed: opened.json }, run);
  if (isEncrypted(chosen, head)) throw new TaskFailure('source_encrypted', 'the source is encrypted');
  if (chosen.video) checkPixels(chosen.video.stream);
  if (head.length === 0) throw empty(chosen, sniffed);
  const closedCaptions = chosen.video !== null && (await captionsInPictures(chosen.video, head, read));
  return { input, probed: found, ...chosen, head, closedCaptions };
}

/** Mostly they came with the first look; not where another stream fills the beginning of the file. */
async function firstPackets(
  tools: FfprobeTools,
  look: { input: Input; chosen: ChosenStreams; probed: unknown },
  run: ProbeRun,
): Promise<ProbedPacket[]> {
  const { video, audio } = look.chosen;
  const streamIndex = (video ?? audio[0])?.stream.index;
  const all = probedPackets.safeParse(look.probed).data?.packets ?? [];
  const mine = all.filter((packet) => packet.stream_index === streamIndex);
  if (mine.length >= HEAD_PACKETS || (mine.length > 0 && all.length < FIRST_PACKETS)) {
    return shown(mine.slice(0, HEAD_PACKETS));
  }
  const name = video ? `V:${video.index}` : `a:${audio[0]?.index ?? 0}`;
  return readPackets(tools, look.input, name, `%+#${HEAD_PACKETS}`, run);
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
  return shown(parsed?.data?.packets ?? []);
}

function shown(packets: readonly ProbedPacket[]): ProbedPacket[] {
  return packets.filter((packet) => !packet.flags.includes('D'));
}

/** ffprobe says no in the same way to everything it may not or cannot open: what the file is decides the word. */
async function unopened(sniffed: Sniffed, read: ReadBytes, detail: string): Promise<TaskFailure> {
  if (sniffed.family === null) {
    return new TaskFailure('unsupported_format', 'not a container that is supported');
  }
  if (sniffed.truncated) return new TaskFailure('source_truncated', 'the file ends inside its headers');
  const tags = await codecTags(sniffed.family, read);
  if (tags.encrypted) return new TaskFailure('source_encrypted', 'the source is encrypted');
  return tags.unknown !== null
    ? new TaskFailure('unsupported_codec', `the codec "${tags.unknown}" is not supported`)
    : new TaskFailure('source_unreadable', `the container cannot be opened (${detail})`);
}

function empty({ video, audio }: ChosenStreams, { truncated }: Sniffed): TaskFailure {
  const frames = (video ?? audio[0])?.stream.nb_frames ?? 0;
  return new TaskFailure(
    frames > 0 || truncated ? 'source_truncated' : 'source_unreadable',
    `the ${video ? 'video' : 'audio'} stream has a header and nothing after it`,
  );
}

/** Above `-max_pixels` ffprobe succeeds and reports no size at all. */
function checkPixels({ width, height }: ProbedStream): void {
  if (width && height && width * height <= LIMITS.pixels) return;
  throw new TaskFailure('source_exceeds_limits', `a picture of ${width ?? 0} × ${height ?? 0} pixels`);
}

function isEncrypted({ video, audio }: ChosenStreams, head: readonly ProbedPacket[]): boolean {
  const tags = [video, ...audio].map((chosen) => chosen?.stream.codec_tag_string);
  if (tags.some((tag) => tag === 'encv' || tag === 'enca')) return true;
  return head.some((packet) =>
    packet.side_data_list?.some((side) => side.side_data_type?.startsWith('Encryption')),
  );
}
