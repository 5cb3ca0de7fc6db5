import { expect, test } from 'vitest';
import { CODEC_WHITELIST } from '../codecs.ts';
import { QUIET, STRIPPED } from './input.ts';
import { pictureTimes, storyboardArgv } from './storyboard.ts';

test('pictures from a pipe, onto sheets', () => {
  const argv = storyboardArgv(
    {
      kind: 'storyboard',
      rendition: {
        ...{ name: '480p', codec: 'h264', width: 854, height: 480, crf: 23, bitrateKbps: null },
        ...{ maxBitrateKbps: 1_800, frameStep: 1 },
      },
      ...{ frameRate: { num: 25, den: 1 }, gopFrames: 50, totalFrames: 4_500, everyGops: 1 },
      ...{ width: 192, height: 108, columns: 5, rows: 4 },
    },
    'file:/scratch/storyboard-%03d.jpg',
  );
  expect(argv).toEqual([
    ...QUIET,
    ...['-protocol_whitelist', 'pipe', '-codec_whitelist', CODEC_WHITELIST],
    ...['-threads', '1', '-copyts', '-f', 'mov', '-i', 'pipe:3'],
    ...['-filter_complex_threads', '1', '-filter_complex'],
    '[0:v:0]scale=192:108:flags=area:out_range=pc:out_color_matrix=bt601,format=yuvj420p,setsar=1,' +
      'split[pictures][times];[pictures]tile=5x4:color=black[sheets]',
    ...['-map', '[sheets]', '-fps_mode', 'passthrough', '-c:v', 'mjpeg', '-q:v', '4', '-threads', '1'],
    ...[...STRIPPED, '-f', 'image2', '-start_number', '0', 'file:/scratch/storyboard-%03d.jpg'],
    ...['-map', '[times]', '-fps_mode', 'passthrough', '-f', 'framecrc', 'pipe:4'],
  ]);
});

test('when each picture is shown', () => {
  const lines = [
    '#software: Lavf59.27.100',
    '#tb 0: 1/12800',
    '#media_type 0: video',
    '0,     128000,     128000,      512,    31104, 0x1c1b8b5e',
    '0,     153600,     153600,      512,    31104, 0x8b5e1c1b',
  ];
  expect(pictureTimes(`${lines.join('\n')}\n`)).toEqual([10, 12]);
  expect(pictureTimes('')).toEqual([]);
});
