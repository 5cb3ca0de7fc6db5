import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Of 1080p, with few frames: operations depend on chunks and segments, which are cut by time. */
export async function makeFilm(file: string, seconds: number): Promise<void> {
  await promisify(execFile)('ffmpeg', [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-y'],
    ...['-f', 'lavfi', '-i', `testsrc2=s=1920x1080:r=4:d=${seconds}`],
    ...['-f', 'lavfi', '-i', `sine=r=48000:d=${seconds}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '8', '-pix_fmt', 'yuv420p'],
    ...['-c:a', 'aac', '-movflags', '+faststart', file],
  ]);
}
