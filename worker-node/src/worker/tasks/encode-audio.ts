import type { EncodeAudioSpec, ResultOf } from '@millrace/shared/task/task-spec.ts';
import { decodeAudioOnlyArgv } from '../../media/argv/decode-only.ts';
import { audioInput, encodeAudioArgv } from '../../media/argv/encode-audio.ts';
import { type FfmpegEnd, runFfmpeg } from '../../media/run-ffmpeg.ts';
import { createAudioLane } from '../audio-lane.ts';
import { createLimiter } from '../limiter.ts';
import { type TaskContext, TaskFailure } from '../task-context.ts';
import type { Tools } from '../tools.ts';
import { createTrackPublisher } from '../track-publisher.ts';
import { type CheckedSource, withSource } from '../with-source.ts';

type EncodeAudioContext = TaskContext<EncodeAudioSpec>;

const PARALLEL_UPLOADS = 4;

/**
 * Encodes one audio track in one go, so that there is no seam, and cuts it on the video's grid at packet boundaries.
 * What an earlier attempt announced is encoded again, since it costs little, and not stored again.
 */
export async function encodeAudio(ctx: EncodeAudioContext, tools: Tools): Promise<ResultOf<'encode-audio'>> {
  const { spec } = ctx;
  return withSource(ctx, tools, spec.source, async (open) => {
    const publisher = createTrackPublisher(ctx, tools, spec.track, createLimiter(PARALLEL_UPLOADS));
    const lane = createAudioLane(spec, publisher);
    const end = await runFfmpeg(tools, {
      argv: encodeAudioArgv(spec, open.url),
      cwd: ctx.scratchDir,
      signal: ctx.signal,
      outputs: [(bytes) => lane.push(bytes)],
      maxOutputBytes: outputCap(spec),
      onLogLine: ctx.logLine,
    });
    open.check();
    if (end.exitCode !== 0) throw await whoseFault(ctx, tools, open, end);
    await lane.end();
    if (lane.samples() === 0) throw new TaskFailure('source_truncated', 'the audio track holds no sound');
    await publisher.finish();
    return {
      kind: 'encode-audio',
      samples: lane.samples(),
      segments: lane.segments(),
      encoder: `aac of ffmpeg ${tools.ffmpegVersion}`,
    };
  });
}

const CAP_HEADROOM = 4;
const CAP_BASE_BYTES = 64 * 1024 * 1024;

function outputCap(spec: EncodeAudioSpec): number {
  return CAP_BASE_BYTES + CAP_HEADROOM * spec.bitrateKbps * 125 * Math.ceil(spec.durationMicros / 1_000_000);
}

async function whoseFault(
  ctx: EncodeAudioContext,
  tools: Tools,
  open: CheckedSource,
  end: FfmpegEnd,
): Promise<TaskFailure> {
  const reason = (end.logTail.at(-1) ?? 'no message').replaceAll(open.url, 'source');
  if (end.endedBy) return new TaskFailure('encoder_failed', `ffmpeg was ended by ${end.endedBy}: ${reason}`);
  const decoded = await runFfmpeg(tools, {
    argv: decodeAudioOnlyArgv(audioInput(ctx.spec, open.url), ctx.spec.audio.index),
    cwd: ctx.scratchDir,
    signal: ctx.signal,
  });
  open.check();
  return decoded.exitCode !== 0 && decoded.endedBy === null
    ? new TaskFailure('decode_failed', `the audio cannot be decoded: ${reason}`)
    : new TaskFailure('encoder_failed', `ffmpeg exited with ${end.exitCode}: ${reason}`);
}
