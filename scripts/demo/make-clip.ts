import { execFile } from 'node:child_process';
import { access, mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const seconds = 12;

/** A short film in 1080p with sound, for people who have none at hand. Made once, found again later. */
export async function makeClip(file: string, signal: AbortSignal): Promise<void> {
  if (await exists(file)) return;
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}.mp4`;
  await promisify(execFile)('ffmpeg', clipArguments(unfinished), { signal, timeout: 120_000 });
  await rename(unfinished, file);
}

function clipArguments(output: string): string[] {
  const length = ['-t', String(seconds)];
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-y'],
    ...['-f', 'lavfi', ...length, '-i', picture()],
    ...['-f', 'lavfi', ...length, '-i', sound()],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '20', '-pix_fmt', 'yuv420p', '-g', '60'],
    ...['-c:a', 'aac', '-b:a', '128k', '-movflags', '+faststart'],
    output,
  ];
}
