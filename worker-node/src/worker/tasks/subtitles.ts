import {
  type Cue,
  cuesOfPiece,
  trimCues,
  writeWebVtt,
  writeWebVttSegment,
} from '@millrace/shared/manifest/webvtt.ts';
import { SIDECAR_INPUT } from '@millrace/shared/task/inputs.ts';
import { subtitlesName, subtitlesSegmentName } from '@millrace/shared/task/outputs.ts';
import type { ResultOf, SidecarRef, SubtitlesSpec } from '@millrace/shared/task/task-spec.ts';
import { type StreamOfSource, subtitlesArgv, subtitleText } from '../../media/argv/subtitles.ts';
import { runFfmpeg } from '../../media/run-ffmpeg.ts';
import { readSidecar, readStreamText } from '../../media/subtitles/read-subtitles.ts';
import { TaskFailure } from '../../task-failure.ts';
import { bareEtag } from '../../transfer/etag.ts';
import { fetchObject } from '../../transfer/fetch-object.ts';
import { type FileToStore, storeFiles } from '../store-files.ts';
import type { TaskContext } from '../task-context.ts';
import type { Tools } from '../tools.ts';
import { withSource } from '../with-source.ts';

/** No film has as much text; karaoke with an effect on every syllable comes near. */
const MAX_TEXT_BYTES = 32 * 1024 * 1024;
const MAX_SIDECAR_BYTES = 8 * 1024 * 1024;
/** Cues that last long are in many pieces. */
const MAX_PIECES_BYTES = 64 * 1024 * 1024;

/** The slowest reading of a source that is waited for: nothing may be heard of ffmpeg until the first text. */
const MIN_BYTES_PER_MS = 2_000;
const STALL_LIMIT_MS = 240_000;

/** Turns one track of text into WebVTT: whole, and in the pieces that HLS plays. */
export async function subtitles(
  ctx: TaskContext<SubtitlesSpec>,
  tools: Tools,
): Promise<ResultOf<'subtitles'>> {
  const { from, durationMicros } = ctx.spec;
  const fromStream = 'source' in from;
  const read = fromStream ? await readStream(ctx, tools, from) : await readFile(ctx, tools, from.sidecar);
  const originMicros = fromStream ? from.source.originMicros : from.originMicros;
  const cues = trimCues(read, { originMicros, durationMicros });
  return {
    kind: 'subtitles',
    cues: cues.length,
    files: await storeFiles(ctx, tools, filesOf(ctx.spec, cues)),
  };
}

/** Only text passes through ffmpeg; a track without any is a track nevertheless. */
async function readStream(
  ctx: TaskContext<SubtitlesSpec>,
  tools: Tools,
  from: StreamOfSource,
): Promise<Cue[]> {
  const { source, stream } = from;
  const kind = subtitleText(stream.codec);
  if (!kind) throw new TaskFailure('unsupported_codec', `subtitles in ${stream.codec} are not text`);
  return withSource(ctx, tools, source, async (open) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const end = await runFfmpeg(tools, {
      argv: subtitlesArgv(from, ctx.spec.durationMicros, open.url),
      cwd: ctx.scratchDir,
      signal: ctx.signal,
      outputs: [
        (piece) => {
          bytes += piece.length;
          if (bytes > MAX_TEXT_BYTES) throw tooMuch(`subtitles of more than ${MAX_TEXT_BYTES} bytes`);
          pieces.push(piece);
        },
      ],
      stallLimitMs: STALL_LIMIT_MS + Math.ceil(source.sizeBytes / MIN_BYTES_PER_MS),
      onLogLine: ctx.logLine,
    });
    open.check();
    const reason = (end.logTail.at(-1) ?? 'no message').replaceAll(open.url, 'source');
    if (end.endedBy) throw new TaskFailure('encoder_failed', `ffmpeg was ended by ${end.endedBy}: ${reason}`);
    if (end.exitCode !== 0) throw new TaskFailure('decode_failed', `the subtitles cannot be read: ${reason}`);
    return readStreamText(kind, Buffer.concat(pieces));
  });
}

/** The file that came with the job, as it was then. Throws when there is no text in it. */
async function readFile(ctx: TaskContext<SubtitlesSpec>, tools: Tools, sidecar: SidecarRef): Promise<Cue[]> {
  const { sizeBytes, etag } = sidecar;
  if (sizeBytes > MAX_SIDECAR_BYTES) throw tooMuch(`a subtitle file of ${sizeBytes} bytes`);
  const { body } = await fetchObject(tools, (fresh) => ctx.input(SIDECAR_INPUT, fresh), {
    what: 'the subtitle file',
    headers: { 'if-match': `"${bareEtag(etag)}"` },
    maxBytes: MAX_SIDECAR_BYTES,
    signal: ctx.signal,
    judge({ status, body: answered }) {
      if (status === 404) throw new TaskFailure('source_missing', 'the subtitle file does not exist');
      if (status === 412 || (status === 200 && answered.length !== sizeBytes)) {
        throw new TaskFailure('source_changed', 'the subtitle file is not the one the job was created for');
      }
      if (status !== 200) {
        throw new TaskFailure(
          'storage_unavailable',
          `storage answered the subtitle file with HTTP ${status}`,
        );
      }
    },
  });
  const cues = readSidecar(body).filter(({ payload }) => payload !== '');
  if (cues.length === 0) throw new TaskFailure('source_unreadable', 'the subtitle file holds no subtitles');
  return cues;
}

function filesOf({ track, segments, segmentMicros }: SubtitlesSpec, cues: readonly Cue[]): FileToStore[] {
  let piecesBytes = 0;
  const file = (name: string, write: () => string): FileToStore => ({
    name,
    body() {
      const bytes = Buffer.from(write());
      piecesBytes += bytes.length;
      if (piecesBytes > MAX_PIECES_BYTES) throw tooMuch('subtitles that are shown for too long');
      return bytes;
    },
  });
  return [
    file(subtitlesName(track), () => writeWebVtt(cues)),
    ...Array.from({ length: segments }, (_, i) =>
      file(subtitlesSegmentName(track, i), () => writeWebVttSegment(cuesOfPiece(cues, segmentMicros, i))),
    ),
  ];
}

function tooMuch(what: string): TaskFailure {
  return new TaskFailure('source_exceeds_limits', what);
}
