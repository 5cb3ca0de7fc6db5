/**
 * The containers that are read: a closed list. `key` is the demuxer we force, any one of ffmpeg's names for it.
 * `exactSeek` says that a chunk can start anywhere in it; others are rewritten once by stream copy.
 */
interface Container {
  exactSeek: boolean;
}

export const CONTAINERS: Readonly<Record<string, Container>> = {
  mov: { exactSeek: true },
  matroska: { exactSeek: true },
  avi: { exactSeek: false },
  mpegts: { exactSeek: false },
  mpeg: { exactSeek: false },
  flv: { exactSeek: false },
  ogg: { exactSeek: false },
  ivf: { exactSeek: false },
  h264: { exactSeek: false },
  hevc: { exactSeek: false },
  mpegvideo: { exactSeek: false },
  m4v: { exactSeek: false },
  // Sound without pictures: known, so that the answer is "no video" and not "unknown format".
  mp3: { exactSeek: false },
  aac: { exactSeek: false },
  flac: { exactSeek: false },
  wav: { exactSeek: false },
  ac3: { exactSeek: false },
  eac3: { exactSeek: false },
};

/** For `-format_whitelist`. */
export const FORMAT_WHITELIST = Object.keys(CONTAINERS).join(',');

/** The demuxer to force, from ffprobe's "mov,mp4,m4a,3gp,3g2,mj2". Null when it is not on the list. */
export function demuxerOf(formatName: string): string | null {
  return formatName.split(',').find((name) => Object.hasOwn(CONTAINERS, name)) ?? null;
}
