import type { SourceColour } from './colour.ts';
import { EXACT, type Size, scale } from './scale.ts';

/** ITU-R BT.2408: what white paper is in HDR, in cd/m². Up to a third of it the picture keeps its light. */
const WHITE_NITS = 203;
const LINEAR_UP_TO = 0.3;
/** What each curve can say at most. Metadata about the film's own peak is often wrong, and differs between chunks. */
const PEAK_NITS = { smpte2084: 10_000, 'arib-std-b67': 1_000 } as const;

/**
 * HDR to SDR. Scaled first, since this is what costs; then linear light, BT.709 primaries, highlights rolled off by the
 * brightest of the three channels so that hues stay, and back to numbers as a BT.1886 screen shows them. (zimg
 * puts HLG's system gamma on each channel, as SDR cameras and screens do; HLG screens put it on luminance.)
 */
export function toneMapFilter(
  colour: SourceColour,
  curve: 'smpte2084' | 'arib-std-b67',
  size: Size,
): string[] {
  const peak = (PEAK_NITS[curve] / WHITE_NITS).toFixed(3);
  const toYuv = colour.rgb ? 'out_color_matrix=bt2020:out_range=tv' : SAME_RANGE[colour.range];
  const matrixIn = colour.rgb ? 'bt2020nc' : ZSCALE_MATRIX[colour.matrix];
  const rangeIn = colour.rgb ? 'tv' : colour.range;
  return [
    `${scale(size)}:${toYuv}`,
    'format=yuv420p10le',
    `zscale=matrixin=${matrixIn}:primariesin=${colour.primaries}:transferin=${curve}:rangein=${rangeIn}` +
      `:matrix=gbr:primaries=bt709:transfer=linear:npl=${WHITE_NITS}`,
    'format=gbrpf32le',
    `tonemap=mobius:param=${LINEAR_UP_TO}:desat=0:peak=${peak}`,
    // By way of whole numbers, which cut off what BT.709 cannot show.
    'zscale=matrix=gbr:primaries=bt709:transfer=bt709:range=pc',
    'format=gbrp12le',
    `${scale(size, EXACT)}:out_color_matrix=bt709:out_range=tv`,
    'format=yuv420p',
    // Says how bright the film was; it no longer is.
    'sidedata=mode=delete:type=MASTERING_DISPLAY_METADATA',
    'sidedata=mode=delete:type=CONTENT_LIGHT_LEVEL',
  ];
}

/** Its own spellings; YCgCo it does not know. */
const ZSCALE_MATRIX: Record<SourceColour['matrix'], string> = {
  bt709: 'bt709',
  fcc: 'fcc',
  bt470bg: 'bt470bg',
  smpte170m: 'smpte170m',
  smpte240m: '240m',
  bt2020nc: 'bt2020nc',
  ycgco: 'bt2020nc',
};

const SAME_RANGE = { tv: 'in_range=tv:out_range=tv', pc: 'in_range=pc:out_range=pc' } as const;
