import { z } from 'zod';

export const videoCodec = z.enum(['h264', 'hevc', 'av1', 'vp9']);
export type VideoCodec = z.infer<typeof videoCodec>;

export const audioCodec = z.enum(['aac', 'opus']);
export type AudioCodec = z.infer<typeof audioCodec>;

/** One rung of a profile's ladder, named by the short side of the picture so that portrait works. */
export const rung = z
  .object({
    height: z
      .int()
      .min(16)
      .max(4320)
      .describe(
        'Short side of the picture in pixels. A rung above the source is left out: nothing is scaled up.',
      ),
    codec: videoCodec
      .default('h264')
      .describe('H.264, HEVC (hvc1), AV1 or VP9. Rungs of several codecs make a ladder of each.'),
    crf: z
      .int()
      .min(0)
      .max(63)
      .optional()
      .describe(
        'Constant rate factor of the encoder; lower is better. Up to 51 for H.264 and HEVC. Default: 23 for H.264, 26 for HEVC, 32 for VP9, 35 for AV1.',
      ),
    bitrate_kbps: z
      .int()
      .min(50)
      .max(200_000)
      .optional()
      .describe('Average bitrate in kbit/s, in place of a constant rate factor.'),
    max_bitrate_kbps: z
      .int()
      .min(50)
      .max(200_000)
      .optional()
      .describe('Cap on the bitrate in kbit/s. Default: by height and codec, or 1.5 × the average bitrate.'),
    max_frame_rate: z
      .number()
      .min(1)
      .max(120)
      .optional()
      .describe(
        'A faster source is reduced to every second, third, … frame until it is no faster than this.',
      ),
  })
  .strict()
  .refine((r) => r.crf === undefined || r.bitrate_kbps === undefined, {
    message: 'a rung has either a crf or a bitrate_kbps',
    path: ['bitrate_kbps'],
  })
  .refine((r) => (r.crf ?? 0) <= 51 || r.codec === 'av1' || r.codec === 'vp9', {
    message: 'at most 51 for H.264 and HEVC',
    path: ['crf'],
  })
  .refine((r) => (r.bitrate_kbps ?? 0) <= (r.max_bitrate_kbps ?? 200_000), {
    message: 'below the average bitrate',
    path: ['max_bitrate_kbps'],
  });
export type Rung = z.infer<typeof rung>;

export const encoderPreset = z.enum([
  'ultrafast',
  'superfast',
  'veryfast',
  'faster',
  'fast',
  'medium',
  'slow',
]);
export type EncoderPreset = z.infer<typeof encoderPreset>;

export const packagingFormat = z.enum(['hls', 'dash', 'mp4']);

/** Longest position in a source, in seconds: what a source may last. */
const position = z
  .number()
  .min(0)
  .max(8 * 3_600);

/** What to make of a source, spelled out. */
export const profileObject = z
  .object({
    renditions: z
      .array(rung)
      .max(12)
      .refine(
        (rungs) => new Set(rungs.map((r) => JSON.stringify(r))).size === rungs.length,
        'rungs must be distinct',
      )
      .describe('The video ladder. Empty for sound alone.'),
    preset: encoderPreset
      .default('veryfast')
      .describe(
        'How much CPU to spend for quality, in the words of x264; other encoders take what comes nearest.',
      ),
    start_seconds: position
      .optional()
      .describe('Where to begin, from the start of the source, to the nearest frame. Default: its start.'),
    end_seconds: position
      .optional()
      .describe('Where to end, from the start of the source, to the nearest frame. Default: its end.'),
    deinterlace: z
      .enum(['field', 'frame', 'off'])
      .default('field')
      .describe(
        'What becomes of interlaced pictures: a frame of each field (50i becomes 50p), of each pair (25p), or nothing.',
      ),
    background: z
      .string()
      .regex(/^#[0-9a-fA-F]{6}$/)
      .default('#000000')
      .describe('Colour behind transparent pictures.'),
    audio_codec: audioCodec.default('aac').describe('AAC-LC or Opus.'),
    audio_bitrate_kbps: z
      .int()
      .min(32)
      .max(512)
      .default(128)
      .describe('Bitrate of a stereo track in kbit/s; mono takes half.'),
    audio_tracks: z
      .enum(['all', 'first', 'none'])
      .default('all')
      .describe('Which audio tracks of the source become alternates.'),
    surround: z
      .boolean()
      .default(false)
      .describe('Tracks of six channels and more are also kept as 5.1, beside stereo.'),
    surround_bitrate_kbps: z.int().min(96).max(1_024).default(384).describe('Bitrate of 5.1 in kbit/s.'),
    pair_mono_tracks: z
      .boolean()
      .default(true)
      .describe('Mono PCM tracks without names, as cameras and editors write them, become stereo pairs.'),
    normalize_loudness: z
      .boolean()
      .default(false)
      .describe('To −16 LUFS (EBU R128), measured over the whole track first: playback starts later.'),
    subtitles: z.boolean().default(true).describe('Text subtitles of the source become WebVTT.'),
    poster_at_seconds: position
      .optional()
      .describe(
        'When the poster is taken, from the start of the result. Default: a frame that is not black.',
      ),
    storyboard: z
      .boolean()
      .default(true)
      .describe('Small pictures at even distances and a WebVTT index of them, for seek bars.'),
    measure_quality: z
      .boolean()
      .default(false)
      .describe('SSIM and PSNR of each rendition, and VMAF where the fleet can, over samples of the film.'),
    packaging: z
      .array(packagingFormat)
      .min(1)
      .max(3)
      .default(['hls', 'mp4'])
      .describe('What to publish: CMAF HLS, DASH over the same segments, MP4 files.'),
    reuse: z
      .boolean()
      .default(true)
      .describe(
        'Outputs that an earlier job of the project made of the same source with the same parameters are used again.',
      ),
  })
  .strict()
  .refine(
    (p) => p.start_seconds === undefined || p.end_seconds === undefined || p.start_seconds < p.end_seconds,
    {
      message: 'not after start_seconds',
      path: ['end_seconds'],
    },
  )
  .refine((p) => p.renditions.length > 0 || p.audio_tracks !== 'none', {
    message: 'neither pictures nor sound are asked for',
    path: ['renditions'],
  });
export type Profile = z.infer<typeof profileObject>;

export const profileName = z.enum(['default', 'fast', 'quality', 'audio-only', 'preview']);

/** What a client may send as `profile`: a name, or an object. */
export const profileInput = z.union([profileName, profileObject]);
export type ProfileInput = z.infer<typeof profileInput>;

const LADDER = [{ height: 1080 }, { height: 720 }, { height: 480 }];

/** The named profiles as a client would spell them out. */
const NAMED: Record<z.infer<typeof profileName>, z.input<typeof profileObject>> = {
  default: { renditions: LADDER, packaging: ['hls', 'dash', 'mp4'] },
  fast: { renditions: [{ height: 720 }, { height: 480 }], preset: 'superfast', packaging: ['hls', 'mp4'] },
  quality: {
    renditions: [2160, 1440, 1080, 720, 480, 360].map((height) => ({ height, crf: 20 })),
    preset: 'medium',
    audio_bitrate_kbps: 192,
    surround: true,
    measure_quality: true,
    packaging: ['hls', 'dash', 'mp4'],
  },
  'audio-only': { renditions: [], storyboard: false, packaging: ['hls', 'dash', 'mp4'] },
  preview: {
    renditions: [{ height: 360, crf: 30, max_frame_rate: 30 }],
    preset: 'ultrafast',
    audio_bitrate_kbps: 64,
    audio_tracks: 'first',
    storyboard: false,
    subtitles: false,
    packaging: ['hls', 'mp4'],
  },
};

/** The full profile behind a name; an object is its own. */
export function resolveProfile(input: ProfileInput): Profile {
  return typeof input === 'string' ? profileObject.parse(NAMED[input]) : input;
}
