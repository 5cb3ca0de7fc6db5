/** A codec by ffprobe's name, the decoders that may open it, and whether MP4 can carry it. */
interface Codec {
  decoders: readonly string[];
  inMp4: boolean;
}

/** Closed lists: every other codec is `unsupported_codec`. A decoder nobody needs is a hole nobody watches. */
export const VIDEO_CODECS: Readonly<Record<string, Codec>> = {
  h264: { decoders: ['h264'], inMp4: true },
  hevc: { decoders: ['hevc'], inMp4: true },
  av1: { decoders: ['libdav1d', 'libaom-av1', 'av1'], inMp4: true },
  vp9: { decoders: ['vp9'], inMp4: true },
  vp8: { decoders: ['vp8'], inMp4: false },
  mpeg4: { decoders: ['mpeg4'], inMp4: true },
  mpeg2video: { decoders: ['mpeg2video'], inMp4: true },
  mpeg1video: { decoders: ['mpeg1video'], inMp4: true },
  mjpeg: { decoders: ['mjpeg'], inMp4: true },
  theora: { decoders: ['theora'], inMp4: false },
  h263: { decoders: ['h263'], inMp4: false },
  flv1: { decoders: ['flv'], inMp4: false },
};

export const AUDIO_CODECS: Readonly<Record<string, Codec>> = {
  aac: { decoders: ['aac'], inMp4: true },
  mp3: { decoders: ['mp3float', 'mp3'], inMp4: true },
  mp2: { decoders: ['mp2float', 'mp2'], inMp4: true },
  opus: { decoders: ['opus'], inMp4: true },
  vorbis: { decoders: ['vorbis'], inMp4: false },
  ac3: { decoders: ['ac3'], inMp4: true },
  eac3: { decoders: ['eac3'], inMp4: true },
  flac: { decoders: ['flac'], inMp4: true },
  alac: { decoders: ['alac'], inMp4: true },
  amr_nb: { decoders: ['amrnb'], inMp4: false },
  amr_wb: { decoders: ['amrwb'], inMp4: false },
  pcm_s16le: { decoders: ['pcm_s16le'], inMp4: false },
  pcm_s16be: { decoders: ['pcm_s16be'], inMp4: false },
  pcm_s24le: { decoders: ['pcm_s24le'], inMp4: false },
  pcm_s32le: { decoders: ['pcm_s32le'], inMp4: false },
  pcm_f32le: { decoders: ['pcm_f32le'], inMp4: false },
  pcm_u8: { decoders: ['pcm_u8'], inMp4: false },
  pcm_alaw: { decoders: ['pcm_alaw'], inMp4: false },
  pcm_mulaw: { decoders: ['pcm_mulaw'], inMp4: false },
};

/** For `-codec_whitelist`. */
export const CODEC_WHITELIST = [...Object.values(VIDEO_CODECS), ...Object.values(AUDIO_CODECS)]
  .flatMap((codec) => codec.decoders)
  .join(',');

/**
 * Opened by ffprobe, which gives up on a file in which it may not open everything, and never given a packet to decode:
 * subtitles, and sound that is left out when there is other sound.
 */
export const NAMED_ONLY = {
  subtitles: [
    ...['ass', 'ssa', 'srt', 'subrip', 'text', 'mov_text', 'webvtt', 'dvbsub', 'dvdsub', 'pgssub', 'xsub'],
    ...['cc_dec', 'libzvbi_teletextdec'],
  ],
  audio: ['dca', 'truehd', 'mlp', 'wmav1', 'wmav2', 'wmapro'],
} as const;

export function fitsMp4(videoCodec: string, audioCodecs: readonly string[]): boolean {
  return (
    (VIDEO_CODECS[videoCodec]?.inMp4 ?? false) &&
    audioCodecs.every((codec) => AUDIO_CODECS[codec]?.inMp4 ?? false)
  );
}
