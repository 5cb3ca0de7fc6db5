import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cue, writeWebVtt } from '@millrace/shared/manifest/webvtt.ts';
import { toNumber } from '@millrace/shared/media/fraction.ts';
import { BASE_SECONDS, frameMicros } from '@millrace/shared/media/timeline.ts';
import { STORYBOARD_NAME, storyboardSheetName } from '@millrace/shared/task/outputs.ts';
import type { ResultOf, StoryboardSpec } from '@millrace/shared/task/task-spec.ts';
import { pictureTimes, storyboardArgv } from '../../media/argv/storyboard.ts';
import { jpegSize } from '../../media/jpeg-size.ts';
import { runFfmpeg } from '../../media/run-ffmpeg.ts';
import { TaskFailure } from '../../task-failure.ts';
import { keyPictures } from '../key-pictures.ts';
import { type FileToStore, storeFiles } from '../store-files.ts';
import type { TaskContext } from '../task-context.ts';
import type { Tools } from '../tools.ts';
import { trackStream } from '../track-stream.ts';

/** Small pictures at even distances on a few sheets, and an index that says which part of which sheet is when. */
export async function storyboard(
  ctx: TaskContext<StoryboardSpec>,
  tools: Tools,
): Promise<ResultOf<'storyboard'>> {
  const { spec } = ctx;
  const { everyGops, gopFrames, rendition } = spec;
  const track = trackStream(ctx, tools, rendition.name);
  const times: Buffer[] = [];
  const pictures = keyPictures(track.bytes, (everyGops * gopFrames) / rendition.frameStep);
  const end = await runFfmpeg(tools, {
    argv: storyboardArgv(spec, `file:${join(ctx.scratchDir, 'storyboard-%03d.jpg')}`),
    cwd: ctx.scratchDir,
    background: true,
    signal: ctx.signal,
    inputs: [pictures.bytes],
    outputs: [(bytes) => void times.push(bytes)],
    onLogLine: ctx.logLine,
  });
  const failure = track.failure() ?? pictures.failure();
  if (failure) throw failure;
  if (end.exitCode !== 0) {
    throw new TaskFailure('encoder_failed', `no storyboard could be drawn: ${end.logTail.at(-1) ?? ''}`);
  }
  const frames = track.samples() * rendition.frameStep;
  const count = checkTimes(spec, frames, pictureTimes(Buffer.concat(times).toString()));
  const files = await storeFiles(ctx, tools, [
    ...(await readSheets(ctx, count)),
    { name: STORYBOARD_NAME, body: () => Buffer.from(storyboardIndex(spec, frames, count)) },
  ]);
  return { kind: 'storyboard', pictures: count, files };
}

/** Every picture must be the one that the index will say it is. Returns how many there are. */
function checkTimes(
  { frameRate, gopFrames, everyGops }: StoryboardSpec,
  frames: number,
  times: number[],
): number {
  const everyFrames = everyGops * gopFrames;
  const count = Math.ceil(frames / everyFrames);
  if (times.length !== count) {
    throw new TaskFailure('verification_failed', `${times.length} of ${count} pictures could be drawn`);
  }
  const halfFrame = 0.5 / toNumber(frameRate);
  for (const [i, seconds] of times.entries()) {
    const expected = BASE_SECONDS + (i * everyFrames) / toNumber(frameRate);
    if (Math.abs(seconds - expected) > halfFrame) {
      throw new TaskFailure(
        'verification_failed',
        `picture ${i} is of ${seconds} s instead of ${expected} s`,
      );
    }
  }
  return count;
}

async function readSheets(ctx: TaskContext<StoryboardSpec>, pictures: number): Promise<FileToStore[]> {
  const { columns, rows, width, height } = ctx.spec;
  const sheets = Array.from({ length: Math.ceil(pictures / (columns * rows)) }, async (_, i) => {
    const name = storyboardSheetName(i);
    const jpeg = await readFile(join(ctx.scratchDir, name));
    const size = jpegSize(jpeg);
    if (size?.width !== columns * width || size.height !== rows * height) {
      throw new TaskFailure('verification_failed', `${name} is ${size?.width} × ${size?.height} pixels`);
    }
    return { name, body: () => jpeg };
  });
  return Promise.all(sheets);
}

/** Each picture stands for the time until the next; the last one, until the end. URIs count from where the index is. */
export function storyboardIndex(spec: StoryboardSpec, frames: number, pictures: number): string {
  const { frameRate, gopFrames, everyGops, columns, rows, width, height } = spec;
  const perSheet = columns * rows;
  const cues = Array.from({ length: pictures }, (_, i): Cue => {
    const at = i % perSheet;
    const area = [(at % columns) * width, Math.floor(at / columns) * height, width, height].join(',');
    return {
      startMicros: frameMicros(frameRate, i * everyGops * gopFrames),
      endMicros: frameMicros(frameRate, Math.min(frames, (i + 1) * everyGops * gopFrames)),
      settings: '',
      payload: `${storyboardSheetName(Math.floor(i / perSheet))}#xywh=${area}`,
    };
  });
  return writeWebVtt(cues);
}
