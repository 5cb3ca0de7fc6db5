import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { toNumber } from '@millrace/shared/media/fraction.ts';
import { frameMicros } from '@millrace/shared/media/timeline.ts';
import { mp4Name } from '@millrace/shared/task/outputs.ts';
import type { AssembleSpec, ResultOf } from '@millrace/shared/task/task-spec.ts';
import { assembleArgv } from '../../media/argv/assemble.ts';
import { probeArgv } from '../../media/argv/probe.ts';
import { throwIfDiskFull } from '../../media/disk-full.ts';
import { probed } from '../../media/probe-json.ts';
import { runFfmpeg } from '../../media/run-ffmpeg.ts';
import { runFfprobe } from '../../media/run-ffprobe.ts';
import { TaskFailure } from '../../task-failure.ts';
import { uploadObject } from '../../transfer/upload-object.ts';
import type { TaskContext } from '../task-context.ts';
import type { Tools } from '../tools.ts';
import { type TrackStream, trackStream } from '../track-stream.ts';

/** One MP4 that starts to play before it is all there, by stream copy from the published segments. */
export async function assemble(ctx: TaskContext<AssembleSpec>, tools: Tools): Promise<ResultOf<'assemble'>> {
  const { rendition, audioTrack, frameRate } = ctx.spec;
  const tracks = [rendition.name, ...(audioTrack === null ? [] : [audioTrack])].map((track) =>
    trackStream(ctx, tools, track),
  );
  const file = join(ctx.scratchDir, mp4Name(rendition.name));
  const end = await runFfmpeg(tools, {
    argv: assembleArgv(audioTrack !== null, file),
    cwd: ctx.scratchDir,
    signal: ctx.signal,
    inputs: tracks.map((track) => track.bytes),
    onLogLine: ctx.logLine,
  });
  for (const track of tracks) if (track.failure()) throw track.failure();
  if (end.exitCode !== 0) {
    await throwIfDiskFull(ctx.scratchDir);
    throw new TaskFailure('encoder_failed', `the segments could not be joined: ${end.logTail.at(-1) ?? ''}`);
  }
  const frames = await verify(ctx, tools, file, tracks);
  const { size } = await stat(file);
  const name = mp4Name(rendition.name);
  await uploadObject(tools, (fresh) => ctx.output(name, fresh), {
    what: name,
    body: { file, sizeBytes: size },
    signal: ctx.signal,
  });
  const durationMicros = frameMicros(frameRate, frames);
  return {
    kind: 'assemble',
    name,
    sizeBytes: size,
    frames,
    durationMicros,
    bitrateKbps: Math.max(1, Math.round((size * 8_000) / durationMicros)),
  };
}

/** Sound and pictures may begin this far apart. */
const MAX_START_SECONDS = 0.02;

/** Opens the finished file and compares it with what went into it. Returns the number of frames. */
async function verify(
  ctx: TaskContext<AssembleSpec>,
  tools: Tools,
  file: string,
  [video, audio]: readonly TrackStream[],
): Promise<number> {
  const run = { cwd: ctx.scratchDir, signal: ctx.signal };
  const answer = await runFfprobe(tools, probeArgv({ url: `file:${file}`, demuxer: 'mov' }), run);
  const found = answer.ok ? probed.safeParse(answer.json).data : undefined;
  const pictures = found?.streams.find((stream) => stream.codec_type === 'video');
  const sound = found?.streams.find((stream) => stream.codec_type === 'audio');
  const frames = video?.samples() ?? 0;
  const wrong = (what: string) => new TaskFailure('verification_failed', `the MP4 ${what}`);
  if (!pictures || Boolean(audio) !== Boolean(sound)) throw wrong('lacks a track');
  if (frames === 0 || pictures.nb_frames !== frames)
    throw wrong(`holds ${pictures.nb_frames} of ${frames} frames`);
  for (const stream of [pictures, ...(sound ? [sound] : [])]) {
    if (Math.abs(stream.start_time ?? 1e9) > MAX_START_SECONDS * 1e6)
      throw wrong(`starts at ${stream.start_time} µs`);
  }
  if (sound && sound.nb_frames !== audio?.samples()) {
    throw wrong(`holds ${sound.nb_frames} of ${audio?.samples()} audio packets`);
  }
  const seconds = (pictures.duration ?? 0) / 1e6;
  const expected = frames / toNumber(ctx.spec.frameRate);
  if (Math.abs(seconds - expected) > MAX_START_SECONDS)
    throw wrong(`lasts ${seconds} instead of ${expected} s`);
  return frames;
}
