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

/** The encoders this machine's ffmpeg has, out of those that tasks may need. Throws when ffmpeg does not run. */
export async function readCapabilities(ffmpegPath: string, env: Record<string, string>): Promise<string[]> {
  const { stdout } = await execa(ffmpegPath, ['-hide_banner', '-encoders'], {
    env,
    extendEnv: false,
    stdin: 'ignore',
    timeout: 20_000,
  });
  return parseEncoders(stdout).filter((name) => KNOWN_ENCODERS.has(name));
}

/** Names from `ffmpeg -encoders`: after the legend, each line is six flags, a name and a description. */
export function parseEncoders(text: string): string[] {
  const [, list = ''] = text.split(/^ -+\s*$/m);
  return list.split('\n').flatMap((line) => /^ [VAS][F.][S.][X.][B.][D.] (\S+)/.exec(line)?.[1] ?? []);
}
