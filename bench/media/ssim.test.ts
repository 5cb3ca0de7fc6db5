import path from 'node:path';
import { expect, test } from 'vitest';
import { inTemporaryFolder } from '../temporary-folder.ts';
import { runProgram } from './run-program.ts';
import { ssimOf } from './ssim.ts';

const QUIET = ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y'];
const PICTURES = ['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=24000/1001:d=2'];
const LOSSLESS = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '0', '-pix_fmt', 'yuv420p'];

test('the same frames are alike in every clock, all of them and some of them', () =>
  inTemporaryFolder(async (folder) => {
    const [shown, encoded] = [path.join(folder, 'shown.mp4'), path.join(folder, 'encoded.mkv')];
    await runProgram('ffmpeg', [...QUIET, ...PICTURES, ...LOSSLESS, shown]);
    await runProgram('ffmpeg', [...QUIET, '-i', shown, '-c', 'copy', encoded]);
    for (const filters of ['settb=1/96000,setpts=PTS+5', 'settb=1/10']) {
      const reference = { file: shown, stream: 0, filters };
      expect(await ssimOf(encoded, reference, 1)).toBe(1);
      expect(await ssimOf(encoded, reference, 7)).toBe(1);
    }
    const blurred = { file: shown, stream: 0, filters: 'boxblur=4' };
    expect(await ssimOf(encoded, blurred, 7)).toBeLessThan(0.95);
  }));
