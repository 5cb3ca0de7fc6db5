import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Real clips that may lie beside the checkout. They are extra inputs: the tests pass without them. */
export const CLIPS = path.resolve(import.meta.dirname, '../../shared/media');
export const HAVE_CLIPS = existsSync(CLIPS);
if (!HAVE_CLIPS) console.log(`no clips at ${CLIPS}: the tests use made clips alone`);

/** Makes a clip with ffmpeg; `args` come before the output file. */
export async function makeClip(file: string, args: string[]): Promise<string> {
  await run('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args, file], {
    timeout: 120_000,
  });
  return file;
}

/** A moving test picture with a tone. */
export function testPicture(options: {
  seconds: number;
  size?: string;
  rate?: string;
  sound?: boolean;
}): string[] {
  const { seconds, size = '640x480', rate = '25', sound = true } = options;
  return [
    ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=${seconds}`],
    ...(sound ? ['-f', 'lavfi', '-i', `sine=f=440:r=48000:d=${seconds}`] : []),
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
  ];
}

export interface Probe {
  width: number;
  height: number;
  frames: number;
  videoSeconds: number;
  audioSeconds: number | null;
}

/** What a file or URL really holds: packets are counted, not headers read. */
export async function probe(input: string): Promise<Probe> {
  const { stdout } = await run(
    'ffprobe',
    ['-v', 'error', '-count_packets', '-show_streams', '-of', 'json', input],
    { timeout: 60_000, maxBuffer: 16 * 1024 * 1024 },
  );
  const { streams } = JSON.parse(stdout) as { streams: Record<string, string>[] };
  const video = streams.find((stream) => stream.codec_type === 'video');
  const audio = streams.find((stream) => stream.codec_type === 'audio');
  return {
    width: Number(video?.width),
    height: Number(video?.height),
    frames: Number(video?.nb_read_packets),
    videoSeconds: Number(video?.duration),
    audioSeconds: audio ? Number(audio.duration) : null,
  };
}

/** Decodes to raw bytes on standard output. */
export async function decode(args: string[]): Promise<Buffer> {
  const { stdout } = await run(
    'ffmpeg',
    ['-hide_banner', '-loglevel', 'error', '-nostdin', ...args, 'pipe:1'],
    {
      encoding: 'buffer',
      timeout: 120_000,
      maxBuffer: 512 * 1024 * 1024,
    },
  );
  return stdout;
}
