import type { VideoRendition } from '@millrace/shared/media/ladder.ts';
import type { EncoderPreset } from '@millrace/shared/media/profile.ts';
import type { Encoding } from './encoder-argv.ts';

/** What comes nearest in effort: each step of SVT-AV1's takes about 1.4 × the time of the one above. */
const PRESETS: Record<EncoderPreset, number> = {
  ultrafast: 12,
  superfast: 11,
  veryfast: 10,
  faster: 9,
  fast: 8,
  medium: 7,
  slow: 5,
};

/** Keyframes come by count alone: this ffmpeg never asks SVT-AV1 to look for scene changes. */
export function svtAv1Argv({ rendition, preset, threads, gopFrames }: Encoding): string[] {
  return [
    ...['-c:v', 'libsvtav1', '-preset', String(PRESETS[preset])],
    ...rate(rendition),
    ...['-g', String(gopFrames)],
    ...(threads > 0 ? ['-svtav1-params', `lp=${threads}`] : []),
  ];
}

/** The cap is for a quality; beside an average SVT-AV1 ignores it, and refuses one that is equal. */
function rate({ crf, bitrateKbps, maxBitrateKbps }: VideoRendition): string[] {
  if (bitrateKbps !== null) return ['-b:v', `${bitrateKbps}k`];
  const quality = String(Math.max(LOWEST_CRF, crf ?? 0));
  return ['-crf', quality, '-maxrate', `${maxBitrateKbps}k`, '-bufsize', `${2 * maxBitrateKbps}k`];
}

/** ffmpeg takes 0 to mean that none was given. */
const LOWEST_CRF = 1;
