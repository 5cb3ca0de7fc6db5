import type { EncodeAudioSpec, ResultOf } from '@millrace/shared/task/task-spec.ts';
import { decodeAudioOnlyArgv } from '../../media/argv/decode-only.ts';
import { audioInput, encodeAudioArgv } from '../../media/argv/encode-audio.ts';
import { runFfmpeg } from '../../media/run-ffmpeg.ts';
import { TaskFailure } from '../../task-failure.ts';
import { createAudioLane } from '../audio-lane.ts';
import { createLimiter } from '../limiter.ts';
import { outputCapBytes } from '../output-cap.ts';
import type { TaskContext } from '../task-context.ts';
import type { Tools } from '../tools.ts';
import { createTrackPublisher, PARALLEL_UPLOADS } from '../track-publisher.ts';
import { whoseFault } from '../whose-fault.ts';
import { withSource } from '../with-source.ts';

type EncodeAudioContext = TaskContext<EncodeAudioSpec>;

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
      maxOutputBytes: outputCapBytes(spec.bitrateKbps, spec.durationMicros / 1_000_000),
      onLogLine: ctx.logLine,
    });
    open.check();
    if (end.exitCode !== 0) {
      const decodeArgv = decodeAudioOnlyArgv(audioInput(spec, open.url), spec.audio.index);
      throw await whoseFault(ctx, tools, open, { what: 'audio', end, decodeArgv });
    }
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
