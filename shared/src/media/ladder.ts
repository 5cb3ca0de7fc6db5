import { z } from 'zod';
import type { VideoStreamInfo } from './media-info.ts';
import type { Profile } from './profile.ts';

export const videoRendition = z.object({
  /** Track name, playlist folder and API `resolution`: "1080p". */
  name: z.string(),
  /** Square pixels, even. */
  width: z.int().positive(),
  height: z.int().positive(),
  crf: z.int(),
  maxBitrateKbps: z.int().positive(),
});
export type VideoRendition = z.infer<typeof videoRendition>;

/**
 * The video renditions of one job, largest first. Nothing is scaled up; the short side counts. A source smaller than
 * every rung gets one rendition of its own size.
 */
export function ladder(video: VideoStreamInfo, profile: Profile): VideoRendition[] {
  const shortSide = Math.min(video.width, video.height);
  const rungs = profile.renditions
    .filter((rung) => rung.height <= shortSide)
    .sort((a, b) => b.height - a.height);
  if (rungs.length === 0) {
    const smallest = profile.renditions.reduce((a, b) => (a.height < b.height ? a : b));
    return [rendition(video, shortSide, smallest.crf, smallest.max_bitrate_kbps)];
  }
  return rungs.map((rung) => rendition(video, rung.height, rung.crf, rung.max_bitrate_kbps));
}

function rendition(
  video: VideoStreamInfo,
  shortSide: number,
  crf: number,
  maxBitrateKbps: number | undefined,
): VideoRendition {
  const landscape = video.width >= video.height;
  const longSide = even(
    (Math.max(video.width, video.height) * shortSide) / Math.min(video.width, video.height),
  );
  return {
    name: `${shortSide}p`,
    width: landscape ? longSide : even(shortSide),
    height: landscape ? even(shortSide) : longSide,
    crf,
    maxBitrateKbps: maxBitrateKbps ?? defaultCapKbps(shortSide),
  };
}

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

function even(pixels: number): number {
  return Math.max(2, Math.round(pixels / 2) * 2);
}
