import { expect, test } from 'vitest';
import { childEnvironment } from '../media/child-environment.ts';
import { parseEncoders, readCapabilities } from './ffmpeg-capabilities.ts';

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

test('an ffmpeg that is not there is an error', async () => {
  await expect(readCapabilities('/nowhere/ffmpeg', {})).rejects.toThrow(/ENOENT/);
});
