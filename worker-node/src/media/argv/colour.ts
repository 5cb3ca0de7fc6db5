import { isHdr } from '@millrace/shared/media/colour.ts';
import type { VideoStreamInfo } from '@millrace/shared/media/media-info.ts';
import { isPrimaries, type Primaries } from './primaries.ts';

/** Luma weights of red and blue. */
export const MATRICES = {
  bt709: [0.2126, 0.0722],
  fcc: [0.3, 0.11],
  bt470bg: [0.299, 0.114],
  smpte170m: [0.299, 0.114],
  smpte240m: [0.212, 0.087],
  bt2020nc: [0.2627, 0.0593],
} as const;
export type Matrix = keyof typeof MATRICES;

/** What the numbers in a source's pictures mean. */
export interface SourceColour {
  rgb: boolean;
  /** Of no meaning for RGB. */
  matrix: Matrix | 'ycgco';
  primaries: Primaries;
  range: 'tv' | 'pc';
  /** The curve of an HDR source. SDR curves are all one: shown on the same screens in the same way. */
  hdr: 'smpte2084' | 'arib-std-b67' | null;
}

/** What the tags say, and where they say nothing what players assume: SD is BT.601, everything else BT.709, limited. */
export function sourceColour(video: VideoStreamInfo): SourceColour {
  const range = video.colorRange === 'pc' || video.pixelFormat.startsWith('yuvj') ? 'pc' : 'tv';
  const rgb = /^(?:gbr|rgb|bgr|argb|abgr|0rgb|0bgr|pal8)/.test(video.pixelFormat);
  const matrix = taggedMatrix(video) ?? (isHdr(video) ? 'bt2020nc' : isSd(video) ? 'smpte170m' : 'bt709');
  return {
    rgb,
    matrix,
    primaries: taggedPrimaries(video) ?? (rgb ? 'bt709' : primariesOf(matrix, range, video.codedHeight)),
    range,
    hdr: isHdr(video) ? (video.colorTransfer === 'smpte2084' ? 'smpte2084' : 'arib-std-b67') : null,
  };
}

function taggedMatrix({ colorSpace }: VideoStreamInfo): SourceColour['matrix'] | null {
  if (colorSpace === 'bt2020c') return 'bt2020nc';
  return colorSpace === 'ycgco' || isMatrix(colorSpace) ? colorSpace : null;
}

function isMatrix(name: string | null): name is Matrix {
  return name !== null && Object.hasOwn(MATRICES, name);
}

function taggedPrimaries({ colorPrimaries }: VideoStreamInfo): Primaries | null {
  return isPrimaries(colorPrimaries) ? colorPrimaries : null;
}

/** Films cropped to 544 lines are as wide as HD. */
function isSd({ codedWidth, codedHeight }: VideoStreamInfo): boolean {
  return codedHeight <= 576 && codedWidth < 1280;
}

/** Television's line counts come with television's primaries; computers that say BT.601 mean sRGB's. */
function primariesOf(matrix: SourceColour['matrix'], range: 'tv' | 'pc', lines: number): Primaries {
  switch (matrix) {
    case 'bt2020nc':
      return 'bt2020';
    case 'smpte240m':
      return 'smpte240m';
    case 'smpte170m':
    case 'bt470bg':
      if (range === 'pc') return 'bt709';
      return lines === 576 ? 'bt470bg' : lines === 480 || lines === 486 ? 'smpte170m' : 'bt709';
    case 'bt709':
    case 'fcc':
    case 'ycgco':
      return 'bt709';
    default:
      return matrix satisfies never;
  }
}
