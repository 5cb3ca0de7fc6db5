import { z } from 'zod';

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
    crf: z.int().min(0).max(51).default(23).describe('Constant rate factor of the encoder; lower is better.'),
    max_bitrate_kbps: z
      .int()
      .min(50)
      .max(200_000)
      .optional()
      .describe('Cap on the bitrate in kbit/s. Default: by height.'),
  })
  .strict();
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

/** What to make of a source, spelled out. */
export const profileObject = z
  .object({
    renditions: z
      .array(rung)
      .min(1)
      .max(10)
      .refine(
        (rungs) => new Set(rungs.map((r) => r.height)).size === rungs.length,
        'heights must be distinct',
      )
      .describe('The video ladder.'),
    preset: encoderPreset.default('veryfast').describe('Encoder preset: how much CPU to spend for quality.'),
    audio_bitrate_kbps: z.int().min(32).max(512).default(128).describe('AAC stereo bitrate in kbit/s.'),
    packaging: z
      .array(z.enum(['hls', 'mp4']))
      .min(1)
      .max(2)
      .default(['hls', 'mp4'])
      .describe('What to publish: CMAF HLS, MP4 files, or both.'),
  })
  .strict();
export type Profile = z.infer<typeof profileObject>;

export const profileName = z.enum(['default']);

/** What a client may send as `profile`: a name, or an object. */
export const profileInput = z.union([profileName, profileObject]);
export type ProfileInput = z.infer<typeof profileInput>;

const NAMED: Record<z.infer<typeof profileName>, Profile> = {
  default: {
    renditions: [
      { height: 1080, crf: 23 },
      { height: 720, crf: 23 },
      { height: 480, crf: 23 },
    ],
    preset: 'veryfast',
    audio_bitrate_kbps: 128,
    packaging: ['hls', 'mp4'],
  },
};

/** The full profile behind a name; an object is its own. */
export function resolveProfile(input: ProfileInput): Profile {
  return typeof input === 'string' ? NAMED[input] : input;
}
