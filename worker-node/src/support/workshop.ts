import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** Makes the sources of the rows. */
export interface Workshop {
  /** Runs ffmpeg with these arguments and the name of a new file after them. */
  make(extension: string, argv: readonly string[]): Promise<string>;
  write(name: string, content: Buffer | string): Promise<string>;
}

export function createWorkshop(folder: string): Workshop {
  return {
    async make(extension, argv) {
      const file = join(folder, `${randomUUID()}.${extension}`);
      await execa('ffmpeg', ['-nostdin', '-v', 'error', ...argv, '-y', file]);
      return file;
    },
    async write(name, content) {
      const file = join(folder, `${randomUUID()}-${name}`);
      await writeFile(file, content);
      return file;
    },
  };
}

export const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-g', '40'];
export const AAC = ['-c:a', 'aac', '-b:a', '64k'];

export function testPicture(seconds: number, rate = '25', size = '160x120'): string[] {
  return ['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${rate}:duration=${seconds}`];
}

/** One colour, as it would be on a screen: 8 bits of red, green and blue. */
export function colour(rgb: string, seconds: number, rate = '25', size = '160x120'): string[] {
  return ['-f', 'lavfi', '-i', `color=${rgb}:size=${size}:rate=${rate}:duration=${seconds},format=gbrp`];
}

/** A tone of another pitch in every channel. */
export function tone(
  seconds: number,
  hertz = 440,
  layout: keyof typeof CHANNELS = 'mono',
  rate = 48_000,
): string[] {
  const channel = (i: number) => `0.2*sin(2*PI*t*${hertz * (i + 1)})`;
  const expression = Array.from({ length: CHANNELS[layout] }, (_, i) => channel(i)).join('|');
  return ['-f', 'lavfi', '-i', `aevalsrc='${expression}':s=${rate}:d=${seconds}:c=${layout}`];
}

const CHANNELS = { mono: 1, stereo: 2, '5.1': 6, '7.1': 8 } as const;
