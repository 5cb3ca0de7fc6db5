import { z } from 'zod';
import { even } from './even.ts';
import { type Fraction, toNumber } from './fraction.ts';
import type { VideoStreamInfo } from './media-info.ts';
import { type Profile, type Rung, type VideoCodec, videoCodec } from './profile.ts';

export const videoRendition = z.object({
  /** Track name, playlist folder and API `resolution`: "1080p", or "1080p-av1" beside another of 1080 lines. */
  name: z.string(),
  codec: videoCodec,
  /** Square pixels, even. */
  width: z.int().positive(),
  height: z.int().positive(),
  /** Constant rate factor; null when `bitrateKbps` says what is aimed at. */
  crf: z.int().nullable(),
  bitrateKbps: z.int().positive().nullable(),
  maxBitrateKbps: z.int().positive(),
  /** Every how manyth frame of the job it shows: 2 makes 25 of 50. */
  frameStep: z.int().positive(),
});
export type VideoRendition = z.infer<typeof videoRendition>;

/**
 * The video renditions of one job: those of one codec together, largest first. Nothing is scaled up; the short side
 * counts. Of each codec, a source smaller than every rung gets one rendition of its own size.
 */
export function ladder(video: VideoStreamInfo, profile: Profile, frameRate: Fraction): VideoRendition[] {
  const shortSide = Math.min(video.width, video.height);
  const codecs = [...new Set(profile.renditions.map((rung) => rung.codec))];
  const chosen = codecs.flatMap((codec) => {
    const rungs = profile.renditions
      .filter((rung) => rung.codec === codec)
      .sort((a, b) => b.height - a.height);
    const fitting = rungs.filter((rung) => rung.height <= shortSide && rung.height >= MIN_SHORT_SIDE[codec]);
    const smallest = rungs.at(-1);
    if (fitting.length > 0 || !smallest) return fitting;
    const height = Math.max(Math.min(smallest.height, shortSide), MIN_SHORT_SIDE[codec]);
    return [{ ...smallest, height }];
  });
  const names = distinctNames(chosen);
  return chosen.map((rung, i) => rendition(video, rung, frameRate, names[i] ?? ''));
}

/** They all divide the last one: a GOP that is whole for any mixture of them is short. */
const STEPS = [1, 2, 3, 4, 6, 8, 12, 24, 48, 96, 192] as const;
/** 30 asked for as 29.97 is still 30. */
const CAP_TOLERANCE = 2e-3;

/** Frames of the job that one frame of a rendition takes the place of: the fewest that bring it under the cap. */
export function frameStep(frameRate: Fraction, maxFrameRate: number | undefined): number {
  if (maxFrameRate === undefined) return 1;
  const wanted = toNumber(frameRate) / maxFrameRate - CAP_TOLERANCE;
  return STEPS.find((step) => step >= wanted) ?? STEPS[STEPS.length - 1] ?? 1;
}

function rendition(video: VideoStreamInfo, rung: Rung, frameRate: Fraction, name: string): VideoRendition {
  const landscape = video.width >= video.height;
  const longSide = Math.min(
    MAX_LONG_SIDE,
    even((Math.max(video.width, video.height) * rung.height) / Math.min(video.width, video.height)),
  );
  const bitrateKbps = rung.bitrate_kbps ?? null;
  return {
    name,
    codec: rung.codec,
    width: landscape ? longSide : even(rung.height),
    height: landscape ? even(rung.height) : longSide,
    crf: bitrateKbps === null ? (rung.crf ?? DEFAULT_CRF[rung.codec]) : null,
    bitrateKbps,
    maxBitrateKbps:
      rung.max_bitrate_kbps ??
      (bitrateKbps === null
        ? Math.round(defaultCapKbps(rung.height) * CAP_SHARE[rung.codec])
        : Math.round(bitrateKbps * 1.5)),
    frameStep: frameStep(frameRate, rung.max_frame_rate),
  };
}

/** "1080p"; with the codec where several codecs have one; numbered where that is not enough. */
function distinctNames(rungs: readonly Rung[]): string[] {
  const taken = new Set<string>();
  const ambiguous = new Set(
    rungs.flatMap((a, i) => (rungs.some((b, k) => k < i && b.height === a.height) ? [a.height] : [])),
  );
  return rungs.map((rung) => {
    const plain = `${rung.height}p`;
    const base = !ambiguous.has(rung.height) || rung.codec === 'h264' ? plain : `${plain}-${rung.codec}`;
    let name = base;
    for (let n = 2; taken.has(name); n += 1) name = `${base}-${n}`;
    taken.add(name);
    return name;
  });
}

/** x265 and SVT-AV1 refuse smaller pictures, or fail on them. A smaller source is scaled up for them alone. */
const MIN_SHORT_SIDE: Record<VideoCodec, number> = { h264: 2, hevc: 64, av1: 64, vp9: 2 };

/** No encoder takes a longer picture; a strip that is scaled up would be one. */
const MAX_LONG_SIDE = 8_192;

const DEFAULT_CRF: Record<VideoCodec, number> = { h264: 23, hevc: 26, vp9: 32, av1: 35 };

/** What newer codecs need of H.264's bits for as good a picture. */
const CAP_SHARE: Record<VideoCodec, number> = { h264: 1, hevc: 0.7, vp9: 0.7, av1: 0.6 };

/** Caps that leave CRF 23 room on ordinary material and hold it on noise. Interpolated in the number of lines. */
function defaultCapKbps(shortSide: number): number {
  const table = [
    [144, 250],
    [240, 500],
    [360, 1_000],
    [480, 1_800],
    [720, 3_800],
    [1080, 7_000],
    [1440, 13_000],
    [2160, 26_000],
    [4320, 70_000],
  ] as const;
  let [belowLines, belowKbps]: readonly [number, number] = [0, 100];
  for (const [lines, kbps] of table) {
    if (shortSide <= lines) {
      const share = (shortSide - belowLines) / (lines - belowLines);
      return Math.round(belowKbps + share * (kbps - belowKbps));
    }
    [belowLines, belowKbps] = [lines, kbps];
  }
  return belowKbps;
}
