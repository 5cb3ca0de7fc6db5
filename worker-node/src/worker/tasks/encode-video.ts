import { toNumber } from '@millrace/shared/media/fraction.ts';
import type { EncodeVideoSpec, ResultOf } from '@millrace/shared/task/task-spec.ts';
import { decodeOnlyArgv } from '../../media/argv/decode-only.ts';
import { encodeVideoArgv } from '../../media/argv/encode-video.ts';
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
    const framesBefore = remaining.startFrame - spec.chunk.startFrame;
    const end = await runFfmpeg(tools, {
      argv: encodeVideoArgv(spec, open.url, remaining),
      cwd: ctx.scratchDir,
      signal: ctx.signal,
      outputs: lanes.map((lane) => (bytes: Buffer) => lane.push(bytes)),
      maxOutputBytes: outputCap(spec),
      onProgress: ({ frames }) => ctx.progress(framesBefore + Math.min(frames, remaining.frames ?? frames)),
      onLogLine: ctx.logLine,
    });
    open.check();
    if (end.exitCode !== 0) {
      const decodeArgv = decodeOnlyArgv(spec, open.url, remaining);
      throw await whoseFault(ctx, tools, open, { what: 'video', end, decodeArgv });
    }
    for (const lane of lanes) await lane.end();
    const frames = framesBefore + checkLengths(spec, remaining, lanes);
    await Promise.all(lanes.map((lane) => lane.finish()));
    ctx.progress(frames);
    return {
      kind: 'encode-video',
      frames,
      segments: remaining.firstSegment - spec.chunk.firstSegment + (lanes[0]?.segments() ?? 0),
      encoder: lanes[0]?.encoder() ?? encoderName(tools),
    };
  });
}

/** An earlier attempt got as far as announcing the last segment, and no further. */
function wholeChunkAnnounced(spec: EncodeVideoSpec, tools: Tools): ResultOf<'encode-video'> {
  const frames = spec.chunk.segmentFrames.reduce((sum, length) => sum + length, 0);
  const segments = spec.chunk.segmentFrames.length;
  return { kind: 'encode-video', frames, segments, encoder: encoderName(tools) };
}

function encoderName(tools: Tools): string {
  return `libx264 of ffmpeg ${tools.ffmpegVersion}`;
}

function outputCap(spec: EncodeVideoSpec): number {
  const frames = spec.chunk.segmentFrames.reduce((sum, length) => sum + length, 0);
  const kbps = spec.renditions.reduce((sum, rendition) => sum + rendition.maxBitrateKbps, 0);
  return outputCapBytes(kbps, frames / toNumber(spec.frameRate));
}

/** Frames that every lane holds now. Throws when lanes differ or the chunk is shorter than it may be. */
function checkLengths(spec: EncodeVideoSpec, remaining: Remaining, lanes: readonly VideoLane[]): number {
  const frames = lanes[0]?.frames() ?? 0;
  if (lanes.some((lane) => lane.frames() !== frames)) {
    const lengths = lanes.map((lane) => lane.frames()).join(', ');
    throw new TaskFailure('verification_failed', `renditions of ${lengths} frames`);
  }
  if (remaining.frames !== null && frames < remaining.frames) {
    throw new TaskFailure('source_truncated', `${frames} of ${remaining.frames} frames could be decoded`);
  }
  if (remaining.frames === null) checkOpenEnd(spec, remaining.startFrame + frames);
  return frames;
}

/** A measured end is right within a frame or so; pictures that cannot be decoded at the very end are forgiven. */
const MEASURED_SLACK_SECONDS = 0.5;

function checkOpenEnd(spec: EncodeVideoSpec, endFrame: number): void {
  const planned = spec.chunk.segmentFrames.reduce((sum, length) => sum + length, spec.chunk.startFrame);
  const slack = spec.video.endMeasured
    ? Math.max(2, Math.ceil(MEASURED_SLACK_SECONDS * toNumber(spec.frameRate)))
    : spec.gopFrames;
  if (endFrame > spec.chunk.startFrame && endFrame >= planned - slack) return;
  throw new TaskFailure('source_truncated', `the video ends at frame ${endFrame} instead of ${planned}`);
}
