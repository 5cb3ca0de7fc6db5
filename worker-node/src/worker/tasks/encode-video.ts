import { toNumber } from '@millrace/shared/media/fraction.ts';
import { plannedFrames } from '@millrace/shared/media/grid.ts';
import { ENCODERS } from '@millrace/shared/media/plan/video-tasks.ts';
import type { EncodeVideoSpec, ResultOf } from '@millrace/shared/task/task-spec.ts';
import { type Allowance, pictureAllowance } from '../../media/allowance.ts';
import { decodeOnlyArgv } from '../../media/argv/decode-only.ts';
import { encodeVideoArgv } from '../../media/argv/encode-video.ts';
import { renditionFrames } from '../../media/rendition-grid.ts';
import { runFfmpeg } from '../../media/run-ffmpeg.ts';
import { TaskFailure } from '../../task-failure.ts';
import { createLimiter } from '../limiter.ts';
import { outputCapBytes } from '../output-cap.ts';
import { type Remaining, remainingFrames } from '../remaining-frames.ts';
import type { TaskContext } from '../task-context.ts';
import type { Tools } from '../tools.ts';
import { createTrackPublisher, PARALLEL_UPLOADS } from '../track-publisher.ts';
import { createVideoLane, type VideoLane } from '../video-lane.ts';
import { whoseFault } from '../whose-fault.ts';
import { withSource } from '../with-source.ts';

type EncodeVideoContext = TaskContext<EncodeVideoSpec>;

/**
 * Encodes one chunk into all renditions. Each segment is verified, stored and announced while the next is being
 * encoded; what an earlier attempt announced is not made again.
 */
export async function encodeVideo(ctx: EncodeVideoContext, tools: Tools): Promise<ResultOf<'encode-video'>> {
  const { spec } = ctx;
  const remaining = remainingFrames(spec, ctx.announced);
  if (!remaining) return wholeChunkAnnounced(spec, tools);

  return withSource(ctx, tools, spec.source, async (open) => {
    const limiter = createLimiter(PARALLEL_UPLOADS);
    const lanes = spec.renditions.map((rendition) =>
      createVideoLane(spec, rendition, remaining, createTrackPublisher(ctx, tools, rendition.name, limiter)),
    );
    // ffmpeg counts the frames of its first output.
    const firstStep = spec.renditions[0]?.frameStep ?? 1;
    const framesBefore = remaining.startFrame - spec.chunk.startFrame;
    const end = await runFfmpeg(tools, {
      argv: encodeVideoArgv(spec, open.url, remaining),
      cwd: ctx.scratchDir,
      signal: ctx.signal,
      outputs: lanes.map((lane) => (bytes: Buffer) => lane.push(bytes)),
      maxOutputBytes: outputCap(spec),
      allowance: allowanceFor(spec),
      onProgress({ frames }) {
        const jobFrames = frames * firstStep;
        ctx.progress(framesBefore + Math.min(jobFrames, remaining.frames ?? jobFrames));
      },
      onLogLine: ctx.logLine,
    });
    open.check();
    if (end.exitCode !== 0) {
      const decodeArgv = decodeOnlyArgv(spec, open.url, remaining);
      throw await whoseFault(ctx, tools, open, { what: 'video', end, decodeArgv });
    }
    for (const lane of lanes) await lane.end();
    const frames = framesBefore + jobFrames(spec, remaining, lanes);
    await Promise.all(lanes.map((lane) => lane.finish()));
    ctx.progress(frames);
    return {
      kind: 'encode-video',
      frames,
      segments: remaining.firstSegment - spec.chunk.firstSegment + (lanes[0]?.segments() ?? 0),
      encoder: lanes[0]?.encoder() ?? encoderName(spec, tools),
    };
  });
}

/** An earlier attempt got as far as announcing the last segment, and no further. */
function wholeChunkAnnounced(spec: EncodeVideoSpec, tools: Tools): ResultOf<'encode-video'> {
  const frames = plannedFrames(spec.chunk);
  const segments = spec.chunk.segmentFrames.length;
  return { kind: 'encode-video', frames, segments, encoder: encoderName(spec, tools) };
}

/** Of what does not say in its stream which version made it. */
function encoderName({ renditions }: EncodeVideoSpec, tools: Tools): string {
  return `${ENCODERS[renditions[0]?.codec ?? 'h264']} of ffmpeg ${tools.ffmpegVersion}`;
}

/** The keyframe that decoding begins at may lie as far back as the beginning. */
function allowanceFor({ video, chunk, renditions }: EncodeVideoSpec): Allowance {
  const encoded = plannedFrames(chunk);
  return pictureAllowance({
    sourcePixels: video.codedWidth * video.codedHeight,
    decoded: chunk.startFrame + encoded,
    renditionPixels: renditions.map(({ width, height }) => width * height),
    encoded,
  });
}

function outputCap(spec: EncodeVideoSpec): number {
  const frames = plannedFrames(spec.chunk);
  const kbps = spec.renditions.reduce((sum, rendition) => sum + rendition.maxBitrateKbps, 0);
  return outputCapBytes(kbps, frames / toNumber(spec.frameRate));
}

/**
 * Frames of the job that the lanes' frames show. Throws when lanes differ or the chunk is shorter than it may be. Where
 * all renditions leave frames out, an open end is only known within a step: what was planned decides.
 */
function jobFrames(spec: EncodeVideoSpec, remaining: Remaining, lanes: readonly VideoLane[]): number {
  const lengths = lanes.map((lane, i) => ({
    count: lane.frames(),
    step: spec.renditions[i]?.frameStep ?? 1,
  }));
  const most = Math.min(...lengths.map(({ count, step }) => count * step));
  const least = Math.max(...lengths.map(({ count, step }) => (count - 1) * step + 1));
  if (least > most) {
    const text = lengths.map(({ count, step }) => `${count} × ${step}`).join(', ');
    throw new TaskFailure('verification_failed', `renditions of ${text} frames`);
  }
  const { frames: wanted } = remaining;
  if (wanted !== null) {
    if (spec.renditions.some((rendition, i) => lanes[i]?.frames() !== renditionFrames(wanted, rendition))) {
      throw new TaskFailure('source_truncated', `${most} of ${wanted} frames could be decoded`);
    }
    return wanted;
  }
  const planned = plannedEnd(spec) - remaining.startFrame;
  const frames = Math.max(least, Math.min(most, planned));
  checkOpenEnd(spec, remaining.startFrame + frames);
  return frames;
}

function plannedEnd({ chunk }: EncodeVideoSpec): number {
  return chunk.startFrame + plannedFrames(chunk);
}

/** A measured end is right within a frame or so; pictures that cannot be decoded at the very end are forgiven. */
const MEASURED_SLACK_SECONDS = 0.5;

function checkOpenEnd(spec: EncodeVideoSpec, endFrame: number): void {
  const planned = plannedEnd(spec);
  const slack = spec.video.endMeasured
    ? Math.max(2, Math.ceil(MEASURED_SLACK_SECONDS * toNumber(spec.frameRate)))
    : spec.gopFrames;
  if (endFrame > spec.chunk.startFrame && endFrame >= planned - slack) return;
  throw new TaskFailure('source_truncated', `the video ends at frame ${endFrame} instead of ${planned}`);
}
