import { z } from 'zod';
import { captionsArgv } from './argv/probe.ts';
import type { Chosen } from './choose-streams.ts';
import type { Look, ProbeRun } from './look-at-source.ts';
import { type FfprobeTools, runFfprobe } from './run-ffprobe.ts';

const CARRIERS = ['h264', 'hevc', 'mpeg2video'];

const answer = z.object({
  streams: z.array(z.object({ closed_captions: z.number().optional() })).default([]),
});

/** True when CEA-608 or CEA-708 captions lie in the first pictures. Only decoding a few shows it. */
export async function captionsInPictures(
  tools: FfprobeTools,
  { input }: Look,
  { stream, index }: Chosen,
  run: ProbeRun,
): Promise<boolean> {
  if (!CARRIERS.includes(stream.codec_name ?? '')) return false;
  const probed = await runFfprobe(tools, captionsArgv(input, `V:${index}`), run);
  const parsed = probed.ok ? answer.safeParse(probed.json) : null;
  return parsed?.data?.streams.some((found) => found.closed_captions === 1) ?? false;
}
