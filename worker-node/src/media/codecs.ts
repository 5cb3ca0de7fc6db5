/** Containers that a source is copied into when it cannot be read in place, best first. */
export const CARRIERS = ['mp4', 'mov', 'matroska'] as const;
export type Carrier = (typeof CARRIERS)[number];

/** A codec by ffprobe's name, the decoders that may open it, and what can carry a copy of it. */
interface Codec {
  decoders: readonly string[];
  in: readonly Carrier[];
}

const EVERYWHERE: readonly Carrier[] = CARRIERS;
const MP4_ONLY: readonly Carrier[] = ['mp4', 'matroska'];
const EDITORS: readonly Carrier[] = ['mov', 'matroska'];
const MATROSKA: readonly Carrier[] = ['matroska'];

/** Closed lists: every other codec is `unsupported_codec`. A decoder nobody needs is a hole nobody watches. */
export const VIDEO_CODECS: Readonly<Record<string, Codec>> = {
  h264: { decoders: ['h264'], in: EVERYWHERE },
  hevc: { decoders: ['hevc'], in: EVERYWHERE },
  av1: { decoders: ['libdav1d', 'libaom-av1', 'av1'], in: MP4_ONLY },
  // The libvpx decoders are the ones that see transparency.
  vp9: { decoders: ['vp9', 'libvpx-vp9'], in: MP4_ONLY },
  vp8: { decoders: ['vp8', 'libvpx'], in: MATROSKA },
  prores: { decoders: ['prores'], in: EDITORS },
  dnxhd: { decoders: ['dnxhd'], in: EDITORS },
  mpeg4: { decoders: ['mpeg4'], in: EVERYWHERE },
  mpeg2video: { decoders: ['mpeg2video'], in: EVERYWHERE },
  mpeg1video: { decoders: ['mpeg1video'], in: EVERYWHERE },
  mjpeg: { decoders: ['mjpeg'], in: EVERYWHERE },
  theora: { decoders: ['theora'], in: MATROSKA },
  h263: { decoders: ['h263'], in: MATROSKA },
  flv1: { decoders: ['flv'], in: MATROSKA },
};

export const AUDIO_CODECS: Readonly<Record<string, Codec>> = {
  aac: { decoders: ['aac'], in: EVERYWHERE },
  mp3: { decoders: ['mp3float', 'mp3'], in: EVERYWHERE },
  mp2: { decoders: ['mp2float', 'mp2'], in: MATROSKA },
  opus: { decoders: ['opus'], in: MP4_ONLY },
  vorbis: { decoders: ['vorbis'], in: MATROSKA },
  ac3: { decoders: ['ac3'], in: EVERYWHERE },
  eac3: { decoders: ['eac3'], in: EVERYWHERE },
  flac: { decoders: ['flac'], in: MP4_ONLY },
  alac: { decoders: ['alac'], in: EVERYWHERE },
  amr_nb: { decoders: ['amrnb'], in: ['mov'] },
  amr_wb: { decoders: ['amrwb'], in: ['mov'] },
  pcm_s16le: { decoders: ['pcm_s16le'], in: EDITORS },
  pcm_s16be: { decoders: ['pcm_s16be'], in: EDITORS },
  pcm_s24le: { decoders: ['pcm_s24le'], in: EDITORS },
  pcm_s24be: { decoders: ['pcm_s24be'], in: EDITORS },
  pcm_s32le: { decoders: ['pcm_s32le'], in: EDITORS },
  pcm_s32be: { decoders: ['pcm_s32be'], in: EDITORS },
  pcm_f32le: { decoders: ['pcm_f32le'], in: EDITORS },
  pcm_f32be: { decoders: ['pcm_f32be'], in: ['mov'] },
  pcm_u8: { decoders: ['pcm_u8'], in: EDITORS },
  pcm_alaw: { decoders: ['pcm_alaw'], in: EDITORS },
  pcm_mulaw: { decoders: ['pcm_mulaw'], in: EDITORS },
};

/** Text that becomes WebVTT. "ssa" is "ass" to ffprobe. */
export const TEXT_SUBTITLES: Readonly<Record<string, Codec>> = {
  subrip: { decoders: ['srt', 'subrip'], in: MATROSKA },
  ass: { decoders: ['ass', 'ssa'], in: MATROSKA },
  webvtt: { decoders: ['webvtt'], in: MATROSKA },
  text: { decoders: ['text'], in: MATROSKA },
  mov_text: { decoders: ['mov_text'], in: ['mp4', 'mov'] },
  eia_608: { decoders: ['cc_dec'], in: ['mov'] },
};

/** Pictures of text: reported as skipped. */
export const BITMAP_SUBTITLES = ['dvb_subtitle', 'dvd_subtitle', 'hdmv_pgs_subtitle', 'xsub'] as const;

/** For `-codec_whitelist`. */
export const CODEC_WHITELIST = [...Object.values(VIDEO_CODECS), ...Object.values(AUDIO_CODECS)]
  .flatMap((codec) => codec.decoders)
  .join(',');

export const SUBTITLE_WHITELIST = Object.values(TEXT_SUBTITLES)
  .flatMap((codec) => codec.decoders)
  .join(',');

/**
 * Opened by ffprobe, which gives up on a file in which it may not open everything, and never given a packet to encode
 * from: subtitles, cover art, and sound that is left out when there is other sound.
 */
export const NAMED_ONLY = {
  pictures: ['png'],
  subtitles: ['dvbsub', 'dvdsub', 'pgssub', 'xsub', 'libzvbi_teletextdec'],
  audio: ['dca', 'truehd', 'mlp', 'wmav1', 'wmav2', 'wmapro', 'aac_latm', 's302m', 'pcm_bluray', 'pcm_dvd'],
} as const;

/** The containers that can hold a copy of all these, best first. Matroska is tried in any case. */
export function carriersOf(streams: {
  video: string | null;
  audio: readonly string[];
  subtitles: readonly string[];
}): Carrier[] {
  const codecs = [
    ...(streams.video === null ? [] : [VIDEO_CODECS[streams.video]]),
    ...streams.audio.map((name) => AUDIO_CODECS[name]),
    ...streams.subtitles.map((name) => TEXT_SUBTITLES[name]),
  ];
  const fit = CARRIERS.filter((carrier) => codecs.every((codec) => codec?.in.includes(carrier)));
  return fit.includes('matroska') ? fit : [...fit, 'matroska'];
}
