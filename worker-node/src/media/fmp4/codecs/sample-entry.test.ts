import { describe, expect, test } from 'vitest';
import { BoxError, makeBox } from '../boxes.ts';
import { isKeyPicture } from './key-picture.ts';
import { readSampleEntry, type SampleEntry } from './sample-entry.ts';

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

function table(type: string, fixed: Buffer, ...boxes: Buffer[]): Buffer {
  return Buffer.concat([Buffer.alloc(8), makeBox(type, fixed, ...boxes)]);
}

function visual(type: string, width: number, height: number, ...boxes: Buffer[]): SampleEntry {
  const fixed = Buffer.alloc(78);
  fixed.writeUInt16BE(width, 24);
  fixed.writeUInt16BE(height, 26);
  return readSampleEntry(table(type, fixed, ...boxes));
}

function audio(type: string, channels: number, box: Buffer): SampleEntry {
  const fixed = Buffer.alloc(28);
  fixed.writeUInt16BE(channels, 16);
  return readSampleEntry(table(type, fixed, box));
}

describe('what a sample entry says', () => {
  test.each<[string, string, string[], number, number]>([
    ['01 64001f', 'avc1.64001f', ['cfhd'], 1280, 720],
    ['01 64001e', 'avc1.64001e', ['cfsd'], 854, 480],
    ['01 64002a', 'avc1.64002a', ['chdf'], 1920, 1080],
    ['01 640033', 'avc1.640033', [], 3840, 2160],
    ['01 f4001e', 'avc1.f4001e', [], 640, 360],
  ])('H.264 %s', (avcC, codecs, brands, width, height) => {
    const found = visual('avc1', width, height, makeBox('avcC', hex(avcC)));
    expect(found).toMatchObject({ codec: 'avc1', codecs, brands });
  });

  test.each<[string, string, string[], number, number]>([
    ['01 01 60000000 b00000000000 5d', 'hvc1.1.6.L93.B0', ['chhd'], 1280, 720],
    ['01 01 60000000 900000000000 96', 'hvc1.1.6.L150.90', ['cud8'], 3840, 2160],
    ['01 22 20000000 b00000000010 78', 'hvc1.2.4.H120.B0.0.0.0.0.10', [], 1920, 1080],
    ['01 41 60000000 000000000000 5d', 'hvc1.A1.6.L93', [], 1280, 720],
  ])('HEVC %s', (hvcC, codecs, brands, width, height) => {
    const found = visual('hvc1', width, height, makeBox('hvcC', hex(hvcC)));
    expect(found).toMatchObject({ codec: 'hvc1', codecs, brands });
  });

  test.each<[string, string | null, string]>([
    ['81 04 0c 00', null, 'av01.0.04M.08'],
    ['81 08 0d 00', '0001 0001 0001 00', 'av01.0.08M.08'],
    ['81 0d cd 00', '0009 0010 0009 00', 'av01.0.13H.10.0.111.09.16.09.0'],
    ['81 48 60 00', null, 'av01.2.08M.12.0.000.01.01.01.0'],
  ])('AV1 %s with colour %s', (av1C, nclx, codecs) => {
    const colour = nclx === null ? [] : [makeBox('colr', Buffer.from('nclx'), hex(nclx))];
    const found = visual('av01', 640, 360, makeBox('av1C', hex(av1C)), ...colour);
    expect(found).toMatchObject({ codec: 'av01', codecs, brands: ['av01'] });
  });

  test.each([
    ['01000000 00 1f 82 01 01 01 0000', 'vp09.00.31.08'],
    ['01000000 00 1f 80 01 01 01 0000', 'vp09.00.31.08'],
    ['01000000 02 33 a2 09 10 09 0000', 'vp09.02.51.10.01.09.16.09.00'],
    ['01000000 00 0a 83 01 01 01 0000', 'vp09.00.10.08.01.01.01.01.01'],
  ])('VP9 %s', (vpcC, codecs) => {
    expect(visual('vp09', 640, 360, makeBox('vpcC', hex(vpcC)))).toMatchObject({ codec: 'vp09', codecs });
  });

  test('AAC-LC, stereo and 5.1', () => {
    const esds = '00000000 03 80808022 0001 00 04 80808014 40 15 000000 00000000 00000000 05 80808002 1190';
    const box = makeBox('esds', hex(esds));
    expect(audio('mp4a', 2, box)).toMatchObject({ codecs: 'mp4a.40.2', brands: ['caac'] });
    expect(audio('mp4a', 6, box)).toMatchObject({ codecs: 'mp4a.40.2', brands: [] });
  });

  test('Opus, and what its decoder throws away', () => {
    const box = makeBox('dOps', hex('00 02 0138 0000bb80 0000 00'));
    expect(audio('Opus', 2, box)).toMatchObject({ codec: 'Opus', codecs: 'opus', audioPreSkip: 312 });
  });

  test('anything else is refused', () => {
    expect(() => visual('hev1', 64, 64)).toThrow(BoxError);
    expect(() => visual('avc1', 64, 64)).toThrow('no avcC');
  });
});

describe('key pictures', () => {
  const nal = (...units: string[]) =>
    Buffer.concat(units.flatMap((unit) => [Buffer.from([0, 0, 0, hex(unit).length]), hex(unit)]));

  test.each<[SampleEntry['codec'], string, Buffer, boolean]>([
    ['avc1', 'parameter sets, then an IDR', nal('6742', '68ce', '6588'), true],
    ['avc1', 'an I picture that is no IDR', nal('6742', '4188'), false],
    ['hvc1', 'IDR_W_RADL', nal('4001', '2601'), true],
    ['hvc1', 'IDR_N_LP', nal('2801'), true],
    ['hvc1', 'CRA, which may have pictures before it', nal('4001', '2a01'), false],
    ['hvc1', 'BLA', nal('2001'), false],
    ['hvc1', 'a trailing picture', nal('0201'), false],
    ['av01', 'sequence header and a shown key frame', hex('0a 01 00  32 02 10 00'), true],
    ['av01', 'a key frame without its sequence header', hex('32 02 10 00'), false],
    ['av01', 'a key frame that is not shown', hex('0a 01 00  32 02 00 00'), false],
    ['av01', 'an inter frame', hex('0a 01 00  32 02 30 00'), false],
    ['av01', 'an intra-only frame', hex('0a 01 00  32 02 50 00'), false],
    ['av01', 'a frame that was decoded before', hex('0a 01 00  1a 01 80'), false],
    ['av01', 'a torn unit', hex('0a 01 00  32 40 10'), false],
    ['vp09', 'a key frame', hex('82 49 83 42 00'), true],
    ['vp09', 'an inter frame', hex('86 49 83 42 00'), false],
    ['vp09', 'a frame that was decoded before', hex('8a 49 83 42 00'), false],
    ['vp09', 'no sync code', hex('82 00 00 00 00'), false],
    ['vp09', 'nothing', hex('82'), false],
  ])('%s: %s', (codec, _what, sample, expected) => {
    expect(isKeyPicture(codec, sample)).toBe(expected);
  });
});
