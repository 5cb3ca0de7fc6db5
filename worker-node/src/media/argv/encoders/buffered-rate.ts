import type { VideoRendition } from '@millrace/shared/media/ladder.ts';

/**
 * The rate control of x264 and x265: a quality or an average, and a buffer that fills no faster than the cap. An average
 * gets half the buffer, so that a short chunk cannot stray far from it before the encoder knows its material.
 */
export function bufferedRate({ crf, bitrateKbps, maxBitrateKbps }: VideoRendition): string[] {
  const [aim, bufferSeconds] =
    bitrateKbps === null
      ? [['-crf', String(Math.max(LOWEST_CRF, crf ?? 0))], 2]
      : [['-b:v', `${bitrateKbps}k`], 1];
  return [...aim, '-maxrate', `${maxBitrateKbps}k`, '-bufsize', `${bufferSeconds * maxBitrateKbps}k`];
}

/** 0 is lossless: a profile of H.264 that hardly any player knows. */
const LOWEST_CRF = 1;
