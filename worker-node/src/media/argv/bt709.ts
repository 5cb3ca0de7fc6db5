import type { VideoStreamInfo } from '@millrace/shared/media/media-info.ts';
import { type SourceColour, sourceColour } from './colour.ts';
import { type Primaries, primariesMatrix, type Triple } from './primaries.ts';
import { EXACT, type Size, scale } from './scale.ts';
import { toneMapFilter } from './tone-map.ts';

/** Scales whatever a source has to this size, 8-bit 4:2:0, BT.709, limited range. Most sources need nothing more. */
export function bt709Filter(video: VideoStreamInfo, size: Size): string[] {
  const colour = sourceColour(video);
  if (colour.hdr) return toneMapFilter(colour, colour.hdr, size);
  if (colour.primaries !== 'bt709' && colour.matrix !== 'ycgco') return throughLinearLight(colour, size);
  if (colour.rgb) {
    return [`${scale(size, EXACT)}:out_color_matrix=bt709:out_range=tv`, 'format=yuv420p'];
  }
  if (colour.matrix === 'bt709')
    return [`${scale(size)}:in_range=${colour.range}:out_range=tv`, 'format=yuv420p'];
  // Scaled with the source's own numbers. swscale would go through 8-bit RGB, and be three codes off.
  return [
    `${scale(size)}:in_range=${colour.range}:out_range=${colour.range}`,
    'format=yuv420p',
    `colorspace=fast=1:ispace=${colour.matrix}:irange=${colour.range}:space=bt709:range=tv:format=yuv420p:${SAME_LIGHT}`,
  ];
}

/** What the filter has to be told though with `fast` it does not look at it. */
const SAME_LIGHT = 'iprimaries=bt709:itrc=bt709:primaries=bt709:trc=bt709';

/**
 * Other primaries are a matrix in linear light; what BT.709 cannot show is cut off there. (`colorspace` is a third
 * faster, keeps colours out of range, and folds the strongest of them over in 8 bits.)
 */
function throughLinearLight(colour: SourceColour, size: Size): string[] {
  const input = colour.rgb
    ? ''
    : `:in_color_matrix=${SWSCALE_MATRIX[colour.matrix]}:in_range=${colour.range}`;
  return [
    scale(size, EXACT) + input,
    'format=gbrp12le',
    eachChannel(TO_LINEAR),
    channelMixer(colour.primaries),
    eachChannel(FROM_LINEAR),
    `${scale(size, EXACT)}:out_color_matrix=bt709:out_range=tv`,
    'format=yuv420p',
  ];
}

export const SWSCALE_MATRIX: Record<SourceColour['matrix'], string> = {
  bt709: 'bt709',
  fcc: 'fcc',
  bt470bg: 'bt470',
  smpte170m: 'smpte170m',
  smpte240m: 'smpte240m',
  bt2020nc: 'bt2020',
  // Known to `colorspace` alone.
  ycgco: 'bt709',
};

/** ITU-R BT.709 item 1.2; BT.601 and BT.2020 have the same curve. */
const TO_LINEAR = 'if(lt(v,0.081243),v/4.5,pow((v+0.099297)/1.099297,1/0.45))';
const FROM_LINEAR = 'if(lt(v,0.018054),v*4.5,1.099297*pow(v,0.45)-0.099297)';

function eachChannel(curve: string): string {
  const expression = `'maxval*${curve.replaceAll('v', '(val/maxval)')}'`;
  return `lutrgb=r=${expression}:g=${expression}:b=${expression}`;
}

function channelMixer(from: Primaries): string {
  const rows = primariesMatrix(from, 'bt709');
  const row = (out: string, [r, g, b]: Triple) =>
    `${out}r=${r.toFixed(6)}:${out}g=${g.toFixed(6)}:${out}b=${b.toFixed(6)}`;
  return `colorchannelmixer=${row('r', rows[0])}:${row('g', rows[1])}:${row('b', rows[2])}`;
}
