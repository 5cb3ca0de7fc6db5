import { execa } from 'execa';

/** Encoders that profiles may ask for. What else an ffmpeg can do is nobody's business. */
const KNOWN_ENCODERS = new Set([
  'libx264',
  'libx265',
  'libsvtav1',
  'libaom-av1',
  'libvpx-vp9',
  'h264_nvenc',
  'hevc_nvenc',
  'av1_nvenc',
  'h264_vaapi',
  'hevc_vaapi',
  'h264_qsv',
  'hevc_qsv',
  'h264_videotoolbox',
  'hevc_videotoolbox',
  'aac',
  'libfdk_aac',
  'libopus',
  'ac3',
  'eac3',
  'mjpeg',
  'libwebp',
]);

/** Filters that not every ffmpeg has and some tasks need. */
const KNOWN_FILTERS = new Set(['zscale', 'libvmaf']);

/** What this machine's ffmpeg has of the encoders and filters that tasks may need. Throws when ffmpeg does not run. */
export async function readCapabilities(ffmpegPath: string, env: Record<string, string>): Promise<string[]> {
  const list = async (what: string) => {
    const options = { env, extendEnv: false, stdin: 'ignore', timeout: 20_000 } as const;
    return (await execa(ffmpegPath, ['-hide_banner', what], options)).stdout;
  };
  return [
    ...parseEncoders(await list('-encoders')).filter((name) => KNOWN_ENCODERS.has(name)),
    ...parseFilters(await list('-filters')).filter((name) => KNOWN_FILTERS.has(name)),
  ];
}

/** Names from `ffmpeg -encoders`: after the legend, each line is six flags, a name and a description. */
export function parseEncoders(text: string): string[] {
  const [, list = ''] = text.split(/^ -+\s*$/m);
  return list.split('\n').flatMap((line) => /^ [VAS][F.][S.][X.][B.][D.] (\S+)/.exec(line)?.[1] ?? []);
}

/** Names from `ffmpeg -filters`: each line is flags, a name, what goes in and comes out ("V->V"), and a description. */
export function parseFilters(text: string): string[] {
  return text.split('\n').flatMap((line) => /^ [T.SC]{2,3} (\S+) +\S+->\S+ /.exec(line)?.[1] ?? []);
}
