import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** CEA-608, field 1: roll-up of two lines. Control codes are sent twice, letters once. */
const ROLL_UP = [0x1425, 0x1425, 0x142d, 0x142d, 0x1470, 0x1470];
const ERASE = [0x142c, 0x142c];

export interface CaptionedOptions {
  /** Frames a second of the film. */
  rate: string;
  interlaced?: boolean;
  container?: 'mp4' | 'mkv' | 'ts';
}

/** A film of H.264 in whose pictures this text is said, two letters a frame, from its first frame on. Six seconds. */
export async function makeCaptioned(
  text: string,
  folder: string,
  options: CaptionedOptions,
): Promise<string> {
  const { rate, interlaced = false, container = 'mp4' } = options;
  const raw = join(folder, `plain-${rate.replace('/', '-')}-${interlaced}.h264`);
  await execa('ffmpeg', [
    ...['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=160x96:rate=${rate}:duration=6`],
    ...(interlaced ? ['-vf', 'setfield=tff', '-flags', '+ildct+ilme', '-x264-params', 'tff=1'] : []),
    ...[
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-bf',
      '0',
      '-g',
      '25',
      '-aud',
      '1',
      '-pix_fmt',
      'yuv420p',
    ],
    ...['-y', raw],
  ]);
  const pairs = [...ROLL_UP, ...letterPairs(text)];
  const film = await readFile(raw);
  const frames = splitAtDelimiters(film);
  const erase = frames.length - 30;
  const captioned = frames.flatMap((frame, i) => {
    const pair = pairs[i] ?? ERASE[i - erase] ?? 0x0000;
    return [frame.delimiter, captionsUnit(pair), frame.rest];
  });
  const marked = `${raw}.captioned.h264`;
  await writeFile(marked, Buffer.concat(captioned));
  const file = join(folder, `captioned-${rate.replace('/', '-')}-${interlaced}.${container}`);
  await execa('ffmpeg', [...['-nostdin', '-v', 'error', '-r', rate, '-i', marked, '-c', 'copy', '-y', file]]);
  return file;
}

/**
 * The text that a stream of H.264 without B-frames says, two letters a pair. (ffmpeg's own reader takes a repeated pair for
 * one, which hides that it was said twice.)
 */
export function readCaptions(film: Buffer): string {
  let text = '';
  for (let at = film.indexOf(USER_DATA); at >= 0; at = film.indexOf(USER_DATA, at + 1)) {
    const count = (film[at + 5] ?? 0) & 0x1f;
    for (let i = 0; i < count; i += 1) {
      const [first = 0, second = 0] = film
        .subarray(at + 8 + 3 * i, at + 10 + 3 * i)
        .map((byte) => byte & 0x7f);
      // Control codes begin with 0x10 to 0x1f, and emptiness is 0.
      if (first >= 0x20) text += String.fromCharCode(first, second);
    }
  }
  return text.trim();
}

const USER_DATA = Buffer.from('GA94\u0003');

function letterPairs(text: string): number[] {
  const padded = text.length % 2 === 0 ? text : `${text} `;
  return Array.from(
    { length: padded.length / 2 },
    (_, i) => padded.charCodeAt(2 * i) * 256 + padded.charCodeAt(2 * i + 1),
  );
}

const DELIMITER = Buffer.from([0, 0, 0, 1, 9]);

/** Each frame as its access unit delimiter, which must come first, and what follows. */
function splitAtDelimiters(film: Buffer): { delimiter: Buffer; rest: Buffer }[] {
  const starts: number[] = [];
  for (let at = film.indexOf(DELIMITER); at >= 0; at = film.indexOf(DELIMITER, at + 1)) starts.push(at);
  return starts.map((start, i) => {
    const body = start + DELIMITER.length + 1;
    return { delimiter: film.subarray(start, body), rest: film.subarray(body, starts[i + 1] ?? film.length) };
  });
}

/** ATSC A/53 part 4: an SEI unit of registered user data with one pair of bytes, odd parity. */
function captionsUnit(pair: number): Buffer {
  const payload = [
    ...[0xb5, 0x00, 0x31, 0x47, 0x41, 0x39, 0x34, 0x03],
    ...[0x41, 0xff, 0xfc, withParity(pair >> 8), withParity(pair & 0xff), 0xff],
  ];
  const unit = [0x06, 4, payload.length, ...payload, 0x80];
  return Buffer.from([0, 0, 0, 1, ...unit.flatMap((byte, i) => (needsGuard(unit, i) ? [3, byte] : [byte]))]);
}

function withParity(byte: number): number {
  const ones = byte.toString(2).replaceAll('0', '').length;
  return ones % 2 === 0 ? byte | 0x80 : byte;
}

/** Two zeros and a small byte would be taken for the start of the next unit. */
function needsGuard(unit: readonly number[], i: number): boolean {
  return i >= 2 && unit[i - 1] === 0 && unit[i - 2] === 0 && (unit[i] ?? 0) <= 3;
}
