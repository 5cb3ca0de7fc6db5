/**
 * The containers that are read: a closed list. `key` is the demuxer we force, any one of ffmpeg's names for it.
 * `exactSeek` says that a chunk can start anywhere in it; others are rewritten once by stream copy.
 */
interface Container {
  /** For people. */
  name: string;
  exactSeek: boolean;
}

export const CONTAINERS: Readonly<Record<string, Container>> = {
  mov: { name: 'MP4, MOV, M4A, 3GP', exactSeek: true },
  matroska: { name: 'Matroska, WebM', exactSeek: true },
  mxf: { name: 'MXF', exactSeek: true },
  avi: { name: 'AVI', exactSeek: false },
  mpegts: { name: 'MPEG transport stream', exactSeek: false },
  mpeg: { name: 'MPEG program stream', exactSeek: false },
  flv: { name: 'FLV', exactSeek: false },
  ogg: { name: 'Ogg', exactSeek: false },
  ivf: { name: 'IVF', exactSeek: false },
  h264: { name: 'raw H.264', exactSeek: false },
  hevc: { name: 'raw HEVC', exactSeek: false },
  mpegvideo: { name: 'raw MPEG-1 and MPEG-2 video', exactSeek: false },
  m4v: { name: 'raw MPEG-4 video', exactSeek: false },
  wav: { name: 'WAV', exactSeek: true },
  flac: { name: 'FLAC', exactSeek: true },
  mp3: { name: 'MP3', exactSeek: false },
  aac: { name: 'ADTS (AAC)', exactSeek: false },
  ac3: { name: 'raw AC-3', exactSeek: false },
  eac3: { name: 'raw E-AC-3', exactSeek: false },
};

/** For `-format_whitelist`. */
export const FORMAT_WHITELIST = Object.keys(CONTAINERS).join(',');

/** The demuxer to force, from ffprobe's "mov,mp4,m4a,3gp,3g2,mj2". Null when it is not on the list. */
export function demuxerOf(formatName: string): string | null {
  return formatName.split(',').find((name) => Object.hasOwn(CONTAINERS, name)) ?? null;
}
