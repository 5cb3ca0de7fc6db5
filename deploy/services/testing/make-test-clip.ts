import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Three seconds with sound. */
export async function makeTestClip(file: string): Promise<string> {
  const picture = ['-f', 'lavfi', '-t', '3', '-i', 'testsrc2=size=640x360:rate=24'];
  const sound = ['-f', 'lavfi', '-t', '3', '-i', 'sine=frequency=440'];
  const encoding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
  const args = [
    '-hide_banner',
    '-loglevel',
    'error',
    '-nostdin',
    '-y',
    ...picture,
    ...sound,
    ...encoding,
    file,
  ];
  await promisify(execFile)('ffmpeg', args, { timeout: 60_000 });
  return file;
}
