import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mulDivRound } from '@millrace/shared/media/fraction.ts';
import type { AssembleSpec, ResultOf } from '@millrace/shared/task/task-spec.ts';
import { probeMovieArgv } from '../../media/argv/probe-movie.ts';
import { throwIfDiskFull } from '../../media/disk-full.ts';
import { languageCode } from '../../media/mp4/language.ts';
import type { MovieTrack } from '../../media/mp4/movie-track.ts';
import { type ProbedStream, probed } from '../../media/probe-json.ts';
import { runFfprobe } from '../../media/run-ffprobe.ts';
import { TaskFailure } from '../../task-failure.ts';
import { uploadObject } from '../../transfer/upload-object.ts';
import type { TaskContext } from '../task-context.ts';
import { together } from '../together.ts';
import type { Tools } from '../tools.ts';
import { trackObjects } from '../track-stream.ts';
import { type TrackToWrite, writeMovie } from '../write-movie.ts';

/**
 * One MP4 that starts to play before it is all there, from the published segments. Their samples are copied as they
 * are; what is in front of them is written by us, since ffmpeg would read and write everything twice more.
 */
export async function assemble(ctx: TaskContext<AssembleSpec>, tools: Tools): Promise<ResultOf<'assemble'>> {
  const { name } = ctx.spec;
  const mediaFile = join(ctx.scratchDir, 'media');
  const headerFile = join(ctx.scratchDir, 'header');
  const { header, mediaBytes, tracks } = await writeMovie(mediaFile, tracksToWrite(ctx, tools)).catch(
    async (error) => {
      ctx.signal.throwIfAborted();
      await throwIfDiskFull(ctx.scratchDir);
      throw error;
    },
  );
  await writeFile(headerFile, header);
  const sizeBytes = header.length + mediaBytes;
  // What is stored counts only once the attempt has completed.
  await together(ctx.signal, (signal) => [
    verify({ ...ctx, signal }, tools, tracks, probeMovieArgv(headerFile, mediaFile)),
    uploadObject(tools, (fresh) => ctx.output(name, fresh), {
      what: name,
      body: { head: header, file: mediaFile, sizeBytes },
      signal,
    }),
  ]);
  const [main] = tracks;
  const durationMicros = main ? mulDivRound(main.shownTicks, 1_000_000, main.init.timescale) : 0;
  return {
    kind: 'assemble',
    name,
    sizeBytes,
    frames: main && main.labels.kind === 'video' ? main.sizes.length : 0,
    durationMicros,
    bitrateKbps: Math.max(1, Math.round((sizeBytes * 8_000) / durationMicros)),
  };
}

function tracksToWrite(ctx: TaskContext<AssembleSpec>, tools: Tools): TrackToWrite[] {
  const { rendition, audio } = ctx.spec;
  const pictures = { kind: 'video', language: 'und', title: null, isDefault: true } as const;
  return [
    ...(rendition ? [{ labels: pictures, objects: trackObjects(ctx, tools, rendition.name) }] : []),
    ...audio.map(({ track, language, title }, i) => ({
      labels: { kind: 'audio' as const, language: languageCode(language), title, isDefault: i === 0 },
      objects: trackObjects(ctx, tools, track),
    })),
  ];
}

/** Sound and pictures may begin and end this far from where they belong. */
const MAX_OFF_SECONDS = 0.02;

/** Lets ffprobe open the finished file and compares what it finds with what went in. */
async function verify(
  ctx: TaskContext<AssembleSpec>,
  tools: Tools,
  tracks: readonly MovieTrack[],
  argv: readonly string[],
): Promise<void> {
  const answer = await runFfprobe(tools, argv, { cwd: ctx.scratchDir, signal: ctx.signal });
  const found = (answer.ok ? probed.safeParse(answer.json).data : undefined)?.streams ?? [];
  const wrong = (what: string) => new TaskFailure('verification_failed', `the MP4 ${what}`);
  if (found.length !== tracks.length) throw wrong(`has ${found.length} of ${tracks.length} tracks`);
  for (const [i, track] of tracks.entries()) {
    const fault = streamFault(track, found[i]);
    if (fault) throw wrong(`${fault} in track ${i + 1}`);
  }
}

function streamFault(
  { labels, sizes, shownTicks, mediaTicks, init }: MovieTrack,
  stream: ProbedStream | undefined,
) {
  if (!stream || stream.codec_type !== labels.kind)
    return `has ${stream?.codec_type} instead of ${labels.kind}`;
  if (stream.codec_name === undefined) return 'has a codec without a name';
  if (sizes.length === 0 || stream.nb_frames !== sizes.length) {
    return `holds ${stream.nb_frames} of ${sizes.length} samples`;
  }
  const start = (stream.start_time ?? 1e12) / 1e6;
  if (Math.abs(start) > MAX_OFF_SECONDS) return `starts at ${start} s`;
  const seconds = (stream.duration ?? 0) / 1e6;
  const expected = [shownTicks, mediaTicks].map((ticks) => ticks / init.timescale);
  if (expected.every((length) => Math.abs(seconds - length) > MAX_OFF_SECONDS)) {
    return `lasts ${seconds} instead of ${expected[0]} s`;
  }
  return null;
}
