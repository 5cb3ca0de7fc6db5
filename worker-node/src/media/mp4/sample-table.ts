import { makeBox, words } from '../fmp4/boxes.ts';
import type { MovieTrack } from './movie-track.ts';

/** What a decoder must have heard before its output is right, by sample entry: an overlap of AAC, 80 ms of Opus. */
const ROLL_SAMPLES: Readonly<Record<string, number>> = { mp4a: 1, Opus: 4 };

/** The `stbl` of a track (ISO 14496-12, 8.5 to 8.7, 8.9). */
export function sampleTable(
  track: MovieTrack,
  stsd: Buffer,
  { mediaStart, wide }: { mediaStart: number; wide: boolean },
): Buffer {
  const { sizes, syncSamples, durations, compositionOffsets } = track;
  const shifted = compositionOffsets.some(([, offset]) => offset !== 0);
  return makeBox(
    'stbl',
    stsd,
    makeBox('stts', words(0, durations.length), table(durations)),
    ...(shifted
      ? [makeBox('ctts', words(0x01000000, compositionOffsets.length), table(compositionOffsets))]
      : []),
    ...(syncSamples.length === sizes.length
      ? []
      : [makeBox('stss', words(0, syncSamples.length), table(syncSamples))]),
    chunkSizes(track),
    makeBox('stsz', words(0, 0, sizes.length), table(sizes)),
    chunkOffsets(track, mediaStart, wide),
    ...roll(stsd, sizes.length),
  );
}

/** How many samples are in each chunk, where that changes. */
function chunkSizes({ chunks }: MovieTrack): Buffer {
  const changes = chunks.flatMap(({ samples }, i) =>
    samples === chunks[i - 1]?.samples ? [] : [[i + 1, samples, 1]],
  );
  return makeBox('stsc', words(0, changes.length), table(changes));
}

function chunkOffsets({ chunks }: MovieTrack, mediaStart: number, wide: boolean): Buffer {
  if (!wide)
    return makeBox('stco', words(0, chunks.length), table(chunks.map(({ offset }) => mediaStart + offset)));
  const offsets = Buffer.alloc(chunks.length * 8);
  for (const [i, { offset }] of chunks.entries())
    offsets.writeBigUInt64BE(BigInt(mediaStart + offset), i * 8);
  return makeBox('co64', words(0, chunks.length), offsets);
}

function roll(stsd: Buffer, samples: number): Buffer[] {
  const distance = ROLL_SAMPLES[stsd.toString('latin1', 20, 24)];
  if (distance === undefined) return [];
  const type = Buffer.from('roll', 'latin1');
  const description = Buffer.alloc(2);
  description.writeInt16BE(-distance);
  return [
    makeBox('sgpd', words(0x01000000), type, words(2, 1), description),
    makeBox('sbgp', words(0), type, words(1, samples, 1)),
  ];
}

/** Rows of 32-bit numbers, without a copy of them all as arguments. */
function table(rows: readonly (number | readonly number[])[]): Buffer {
  const [first] = rows;
  const columns = typeof first === 'number' || first === undefined ? 1 : first.length;
  const bytes = Buffer.alloc(rows.length * columns * 4);
  let at = 0;
  for (const row of rows) {
    for (const value of typeof row === 'number' ? [row] : row) at = bytes.writeUInt32BE(value >>> 0, at);
  }
  return bytes;
}
