import type { VideoStreamInfo } from '@millrace/shared/media/media-info.ts';
import type { Pictures } from '@millrace/shared/task/task-spec.ts';
import { MATRICES, type SourceColour, sourceColour } from './colour.ts';
import { primariesMatrix, type Triple, times } from './primaries.ts';

/**
 * Lays transparent pictures over the background, before they are scaled: mixed with what lies beside them, transparent
 * pixels would show their hidden colour. Every picture brings its own background, a copy of itself painted over, so
 * that there is no second clock.
 */
export function backgroundFilter({ video, background }: Pictures): string[] {
  if (!video.alpha || background === null) return [];
  const colour = sourceColour(video);
  const { layout, opaque } = LAYOUTS[colour.rgb ? 'rgb' : chroma(video)];
  const range = `in_range=${colour.range}:out_range=${colour.range}`;
  return [
    // By the filter that looks at each picture's own format: decoders leave out a plane that hides nothing.
    `scale=${video.codedWidth}:${video.codedHeight}${colour.rgb ? '' : `:${range}`}`,
    `format=${layout},split=2[front][back];[back]format=${opaque}`,
    `${paint(colour, background)}[ground];[ground][front]overlay=format=${colour.rgb ? 'gbrp' : opaque.slice(0, -1)}`,
  ];
}

const LAYOUTS = {
  420: { layout: 'yuva420p', opaque: 'yuv420p' },
  422: { layout: 'yuva422p', opaque: 'yuv422p' },
  444: { layout: 'yuva444p', opaque: 'yuv444p' },
  rgb: { layout: 'gbrap', opaque: 'gbrp' },
} as const;

function chroma({ pixelFormat }: VideoStreamInfo): 420 | 422 | 444 {
  return /444/.test(pixelFormat) ? 444 : /422/.test(pixelFormat) ? 422 : 420;
}

/** Every pixel of this colour, in the numbers of the source. */
function paint(colour: SourceColour, background: string): string {
  const rgb = fromHex(background);
  if (colour.rgb) {
    const [r, g, b] = rgb.map((value) => Math.round(255 * value));
    return `lutrgb=r=${r}:g=${g}:b=${b}`;
  }
  const [y, u, v] = codes(colour, inPrimariesOf(colour, rgb));
  return `lutyuv=y=${y}:u=${u}:v=${v}`;
}

function fromHex(text: string): Triple {
  const channel = (at: number) => Number.parseInt(text.slice(at, at + 2), 16) / 255;
  return [channel(1), channel(3), channel(5)];
}

/** What becomes this colour when the source's primaries are converted. */
function inPrimariesOf({ primaries }: SourceColour, rgb: Triple): Triple {
  if (primaries === 'bt709') return rgb;
  const [r, g, b] = rgb.map((v) => (v < 0.081243 ? v / 4.5 : ((v + 0.099297) / 1.099297) ** (1 / 0.45)));
  const linear = times(primariesMatrix('bt709', primaries), [r ?? 0, g ?? 0, b ?? 0]);
  const curve = (v: number) => (v < 0.018054 ? Math.max(0, v * 4.5) : 1.099297 * v ** 0.45 - 0.099297);
  return [curve(linear[0]), curve(linear[1]), curve(linear[2])];
}

function codes({ matrix, range }: SourceColour, [r, g, b]: Triple): Triple {
  const [kr, kb] = MATRICES[matrix === 'ycgco' ? 'bt709' : matrix];
  const y = kr * r + (1 - kr - kb) * g + kb * b;
  const [black, luma, chroma] = range === 'pc' ? [0, 255, 255] : [16, 219, 224];
  const code = (value: number) => Math.min(255, Math.max(0, Math.round(value)));
  return [
    code(black + luma * y),
    code(128 + (chroma * (b - y)) / (2 * (1 - kb))),
    code(128 + (chroma * (r - y)) / (2 * (1 - kr))),
  ];
}
