import { existsSync, readdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { filmBytes } from '../testing/film-bytes.ts';
import { MEDIA_START_BYTES, recogniseMedia } from './recognise-media.ts';

const latin1 = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
const hex = (digits: string) =>
  Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

function packets(packetBytes: number, first: number): Uint8Array {
  const bytes = new Uint8Array(MEDIA_START_BYTES).fill(0x55);
  for (let at = first; at < bytes.length; at += packetBytes) bytes[at] = 0x47;
  return bytes;
}

describe('files that may hold film or sound', () => {
  test.each<[string, Uint8Array]>([
    ['mov', latin1(filmBytes(64))],
    ['mov', latin1('\0\0\0\x08wide\0\0\x10\0mdat')],
    ['mov', latin1('\0\x01\0\0moov\0\0\0\x6cmvhd')],
    ['mov', latin1('\0\0\x10\0mdat')],
    ['matroska', hex('1a45dfa3010000000000001f')],
    ['avi', latin1('RIFF\x10\0\0\0AVI LIST')],
    ['wav', latin1('RIFF\x10\0\0\0WAVEfmt ')],
    ['mpegts', packets(188, 0)],
    ['mpegts', packets(192, 4)],
    ['mpegts', packets(204, 0)],
    ['mpegts', packets(188, 100)],
    ['mpeg', hex('000001ba44000400')],
    ['mpegvideo', hex('000001b316012013')],
    ['flv', latin1('FLV\x01\x05')],
    ['ogg', latin1('OggS\0\x02')],
    ['asf', hex('3026b2758e66cf11a6d900aa0062ce6c')],
    ['mxf', hex('060e2b34020501010d01')],
    ['ivf', latin1('DKIF\0\0')],
    ['flac', latin1('fLaC\0')],
    ['ac3', hex('0b774e7e1e40')],
    ['aac', hex('fff150800321')],
    ['mp3', hex('fffb9064')],
    ['mp3', latin1('ID3\x04\0')],
    ['annex-b', hex('00000001674d401f')],
    ['annex-b', hex('0000016742c01e')],
    ['annex-b', hex('0000000140010c01')],
  ])('%s', (container, start) => {
    expect(recogniseMedia(start)).toBe(container);
  });

  const folder = path.resolve(import.meta.dirname, '../../../../shared/media');
  const clips = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
        /\.(mp4|ts|webm)$/.test(name),
      )
    : [];

  test('every clip there is, the broken ones too', async () => {
    const found = await Promise.all(
      clips.map(async (name) => [name, await startOf(path.join(folder, name))]),
    );
    expect(found.filter(([, container]) => container === null)).toEqual([]);
  });
});

describe('files that hold neither', () => {
  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['a text', latin1('Dear all, the film is attached.')],
    ['a web page', latin1('<!doctype html><html>')],
    ['an archive', hex('504b030414000000')],
    ['a document', latin1('%PDF-1.7')],
    ['a program', hex('7f454c4602010100')],
    ['a text in UTF-16', hex('fffe48006900')],
    ['a PNG', hex('89504e470d0a1a0a')],
    ['a JPEG', hex('ffd8ffe000104a464946')],
    ['a GIF', latin1('GIF89a')],
    ['a WebP', latin1('RIFF\x10\0\0\0WEBPVP8 ')],
    ['an icon', hex('00000100010020200000')],
    ['zeros', new Uint8Array(MEDIA_START_BYTES)],
    ['sync bytes out of step', packets(190, 0)],
    ['one packet', packets(188, 0).slice(0, 188)],
    ['the name of a box where none is', latin1('ftyp\0\0\0\x18')],
  ])('%s', (_name, start) => {
    expect(recogniseMedia(start)).toBeNull();
  });
});

async function startOf(file: string): Promise<string | null> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: new Uint8Array(MEDIA_START_BYTES) });
    return recogniseMedia(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}
