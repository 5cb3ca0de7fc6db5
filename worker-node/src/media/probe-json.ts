import { z } from 'zod';

/** ffprobe's JSON, as far as it is used. Numbers come as text, and anything may be missing. */

const seconds = z
  .string()
  .optional()
  .transform((text) => {
    const value = Number(text ?? 'none');
    return Number.isFinite(value) ? Math.round(value * 1_000_000) : null;
  });

const whole = z
  .union([z.string(), z.number()])
  .optional()
  .transform((text) => {
    const value = Number(text ?? 'none');
    return Number.isSafeInteger(value) && value >= 0 ? value : null;
  });

const sideData = z.object({ side_data_type: z.string().optional(), rotation: z.number().optional() });

/** Files may call their tracks anything, at any length. */
const MAX_LABEL_LENGTH = 200;

const label = z.string().transform((text) =>
  text
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_LABEL_LENGTH),
);

const probedStream = z.object({
  index: z.int(),
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  codec_tag_string: z.string().optional(),
  width: whole,
  height: whole,
  pix_fmt: z.string().optional(),
  sample_aspect_ratio: z.string().optional(),
  r_frame_rate: z.string().optional(),
  avg_frame_rate: z.string().optional(),
  start_time: seconds,
  duration: seconds,
  nb_frames: whole,
  sample_rate: whole,
  channels: whole,
  field_order: z.string().optional(),
  color_range: z.string().optional(),
  color_space: z.string().optional(),
  color_transfer: z.string().optional(),
  color_primaries: z.string().optional(),
  disposition: z
    .object({
      attached_pic: z.number().optional(),
      default: z.number().optional(),
      forced: z.number().optional(),
    })
    .optional(),
  tags: z.record(z.string(), label).optional(),
  side_data_list: z.array(sideData).optional(),
});
export type ProbedStream = z.infer<typeof probedStream>;

export const probed = z.object({
  streams: z.array(probedStream).default([]),
  format: z.object({
    format_name: z.string(),
    start_time: seconds,
    duration: seconds,
    bit_rate: whole,
  }),
});
export type Probed = z.infer<typeof probed>;

const packet = z.object({
  stream_index: z.int(),
  pts_time: seconds,
  duration_time: seconds,
  /** Where it lies in the file; null where the container does not say. */
  pos: whole,
  size: whole,
  flags: z.string().default(''),
  side_data_list: z.array(sideData).optional(),
});
export type ProbedPacket = z.infer<typeof packet>;

export const probedPackets = z.object({ packets: z.array(packet).default([]) });
