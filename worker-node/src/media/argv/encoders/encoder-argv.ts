import type { VideoRendition } from '@millrace/shared/media/ladder.ts';
import type { EncodeVideoSpec } from '@millrace/shared/task/task-spec.ts';
import { renditionFrames, renditionGrid } from '../../rendition-grid.ts';
import type { FrameRange } from '../video-input.ts';
import { svtAv1Argv } from './svt-av1.ts';
import { vp9Argv } from './vp9.ts';
import { x264Argv } from './x264.ts';
import { x265Argv } from './x265.ts';

/** What an encoder is told about the stretch of a rendition that it makes. */
export interface Encoding {
  rendition: VideoRendition;
  preset: EncodeVideoSpec['preset'];
  /** 0 lets the encoder decide. */
  threads: number;
  /** In frames of the rendition. */
  gopFrames: number;
  /** True when another chunk comes before. */
  afterSeam: boolean;
  /** True when another chunk comes after: it begins with a keyframe. */
  beforeSeam: boolean;
  /** Pictures that are wanted; null when all that come are. */
  frames: number | null;
}

/**
 * Options of the encoder of one rendition. All of them make closed GOPs of fixed length that begin with a key picture,
 * and headers that depend on neither the chunk nor the machine: any chunk plays after any other.
 */
export function encoderArgv(spec: EncodeVideoSpec, rendition: VideoRendition, range: FrameRange): string[] {
  const encoding = describeEncoding(spec, rendition, range);
  const { frames } = encoding;
  return [...(frames === null ? [] : ['-frames:v', String(frames)]), ...ofCodec(encoding)];
}

function describeEncoding(spec: EncodeVideoSpec, rendition: VideoRendition, range: FrameRange): Encoding {
  return {
    rendition,
    preset: spec.preset,
    threads: spec.threads,
    gopFrames: renditionGrid(spec, rendition).gopFrames,
    afterSeam: range.startFrame > 0,
    beforeSeam: range.frames !== null && (range.startFrame + range.frames) % spec.gopFrames === 0,
    frames: range.frames === null ? null : renditionFrames(range.frames, rendition),
  };
}

function ofCodec(encoding: Encoding): string[] {
  const { rendition } = encoding;
  switch (rendition.codec) {
    case 'h264':
      return x264Argv(encoding);
    case 'hevc':
      return x265Argv(encoding);
    case 'av1':
      return svtAv1Argv(encoding);
    case 'vp9':
      return vp9Argv(encoding);
    default:
      return rendition.codec satisfies never;
  }
}
