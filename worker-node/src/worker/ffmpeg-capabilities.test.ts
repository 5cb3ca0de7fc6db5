import { execa } from 'execa';
import { expect, test } from 'vitest';
import { childEnvironment } from '../media/child-environment.ts';
import { parseEncoders, parseFilters, readCapabilities } from './ffmpeg-capabilities.ts';

test('the installed ffmpeg can do what the default profile needs', async () => {
  const capabilities = await readCapabilities('ffmpeg', childEnvironment(process.env));
  expect(capabilities).toEqual(expect.arrayContaining(['libx264', 'aac', 'mjpeg']));
});

test('the legend of the list is not taken for encoders', () => {
  const text = [
    'Encoders:',
    ' V..... = Video',
    ' ------',
    ' V....D libx264              libx264 H.264',
    ' A..X.D opus                 Opus',
  ].join('\n');
  expect(parseEncoders(text)).toEqual(['libx264', 'opus']);
});

test('filters are named beside encoders, whatever flags they have', () => {
  const text = [
    'Filters:',
    '  T.. = Timeline support',
    '  | = Source or sink filter',
    ' TSC zscale            V->V       Apply resizing, colorspace and bit depth conversion.',
    ' ... libvmaf           VV->V      Calculate the VMAF between two video streams.',
    ' .. scale2             V->V       As ffmpeg 7 prints it.',
  ].join('\n');
  expect(parseFilters(text)).toEqual(['zscale', 'libvmaf', 'scale2']);
});

test('what ffmpeg says of its own filters is understood', async () => {
  const env = childEnvironment(process.env);
  const { stdout } = await execa('ffmpeg', ['-hide_banner', '-h', 'filter=zscale'], {
    env,
    extendEnv: false,
  });
  const capabilities = await readCapabilities('ffmpeg', env);
  expect(capabilities.includes('zscale')).toBe(/^Filter zscale$/m.test(stdout));
  expect(capabilities).not.toContain('scale');
});

test('an ffmpeg that is not there is an error', async () => {
  await expect(readCapabilities('/nowhere/ffmpeg', {})).rejects.toThrow(/ENOENT/);
});
