import { boxHeader } from './fmp4/boxes.ts';

/** Reads a stretch of the source; fewer bytes at its end. */
export type ReadBytes = (start: number, length: number) => Promise<Buffer>;

type Family =
  | 'mov'
  | 'matroska'
  | 'mxf'
  | 'avi'
  | 'mpegts'
  | 'mpeg'
  | 'flv'
  | 'ogg'
  | 'wav'
  | 'flac'
  | 'mp3'
  | 'aac'
  | 'ac3';

/** What the first bytes and the outermost lengths of a file say, without ffmpeg. */
export interface Sniffed {
  /** Null when nothing we know begins like this. */
  family: Family | null;
  /** An outermost length reaches past the end of the file. */
  truncated: boolean;
  /** MP4 in fragments, or Matroska without an index: no seeking without reading everything. */
  unindexed: boolean;
}

const HEAD_BYTES = 64 * 1024;

export async function sniff(read: ReadBytes, sizeBytes: number): Promise<Sniffed> {
  const head = await read(0, HEAD_BYTES);
  const family = familyOf(head);
  switch (family) {
    case 'mov':
      return { family, ...(await walkBoxes(read, sizeBytes)) };
    case 'matroska':
      return { family, ...lookIntoMatroska(head, sizeBytes) };
    case 'avi':
      return { family, truncated: riffTruncated(head, sizeBytes), unindexed: true };
    case 'wav':
      return { family, truncated: riffTruncated(head, sizeBytes), unindexed: false };
    case 'flac':
      return { family, truncated: false, unindexed: false };
    case 'mxf':
      return { family, truncated: false, unindexed: !(await hasMxfIndex(head, read, sizeBytes)) };
    default:
      return { family, truncated: false, unindexed: true };
  }
}

const MOV_BOXES = ['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot', 'styp', 'sidx', 'moof'];
const EBML = 0x1a45dfa3;
/** Key of the header partition pack (SMPTE 377-1), which may stand behind a run-in of up to 64 KiB. */
const MXF_PARTITION = Buffer.from('060e2b34020501010d01020101', 'hex');

function familyOf(head: Buffer): Sniffed['family'] {
  const word = head.length >= 4 ? head.readUInt32BE(0) : 0;
  const text = (start: number, end: number) => head.toString('latin1', start, end);
  if (MOV_BOXES.includes(text(4, 8))) return 'mov';
  if (word === EBML) return 'matroska';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'AVI ') return 'avi';
  if (text(0, 4) === 'RIFF' && text(8, 12) === 'WAVE') return 'wav';
  if (text(0, 4) === 'fLaC') return 'flac';
  if (text(0, 4) === 'OggS') return 'ogg';
  if (text(0, 3) === 'FLV') return 'flv';
  if (word === 0x1ba || word === 0x1b3) return 'mpeg';
  if (head[0] === 0x47 && head[188] === 0x47) return 'mpegts';
  if (head[4] === 0x47 && head[196] === 0x47) return 'mpegts';
  if (head.includes(MXF_PARTITION)) return 'mxf';
  if (word >>> 16 === 0x0b77) return 'ac3';
  // ADTS and MPEG audio share their first eleven bits; ADTS says layer 0.
  if (text(0, 3) === 'ID3' || ((word >>> 16) & 0xffe0) === 0xffe0)
    return ((word >>> 16) & 0xfff6) === 0xfff0 ? 'aac' : 'mp3';
  return null;
}

/** Key of an index table segment (SMPTE 377-1). */
const MXF_INDEX = Buffer.from('060e2b34025301010d01020101100100', 'hex');
const MXF_TAIL_BYTES = 1024 * 1024;

/** Without an index ffmpeg guesses where a picture lies. It stands in the header, or in the footer at the end. */
async function hasMxfIndex(head: Buffer, read: ReadBytes, sizeBytes: number): Promise<boolean> {
  if (head.includes(MXF_INDEX)) return true;
  const tail = await read(Math.max(0, sizeBytes - MXF_TAIL_BYTES), MXF_TAIL_BYTES);
  return tail.includes(MXF_INDEX);
}

/** Recorders that were cut off leave 0 or all ones in place of the length. */
function riffTruncated(head: Buffer, sizeBytes: number): boolean {
  const length = head.readUInt32LE(4);
  return length !== 0 && length !== 0xffffffff && length + 8 > sizeBytes + 1;
}

/** Enough for every file with an index; one with more boxes is made of fragments. */
const MAX_BOXES = 64;

async function walkBoxes(read: ReadBytes, sizeBytes: number) {
  let unindexed = false;
  for (let at = 0, n = 0; at < sizeBytes; n += 1) {
    const header = boxHeader(await read(at, 16), 0);
    if (!header) return { truncated: true, unindexed };
    if (header.type === 'moof') unindexed = true;
    // A length of 0 means: to the end of the file.
    if (header.size === 0 || n === MAX_BOXES) return { truncated: false, unindexed };
    if (header.size < header.headerBytes) return { truncated: false, unindexed };
    at += header.size;
    if (at > sizeBytes) return { truncated: true, unindexed };
  }
  return { truncated: false, unindexed };
}

const SEGMENT = 0x18538067;
const CUES = Buffer.from([0x1c, 0x53, 0xbb, 0x6b]);

function lookIntoMatroska(head: Buffer, sizeBytes: number) {
  // The seek head names the cues by their id, wherever they are.
  const unindexed = !head.includes(CUES);
  const headerSize = vint(head, 4);
  const at = headerSize ? 4 + headerSize.bytes + headerSize.value : head.length;
  if (at + 12 > head.length || head.readUInt32BE(at) !== SEGMENT) return { truncated: false, unindexed };
  const segmentSize = vint(head, at + 4);
  if (!segmentSize || segmentSize.unknown) return { truncated: false, unindexed };
  return { truncated: at + 4 + segmentSize.bytes + segmentSize.value > sizeBytes, unindexed };
}

/** A variable-length integer (RFC 8794, 4); all ones means an unknown length. */
function vint(bytes: Buffer, at: number): { value: number; bytes: number; unknown: boolean } | null {
  const first = bytes[at];
  if (!first) return null;
  const length = Math.clz32(first) - 23;
  if (at + length > bytes.length) return null;
  let value = first & (0xff >> length);
  let unknown = value === 0xff >> length;
  for (let i = 1; i < length; i += 1) {
    const next = bytes[at + i] ?? 0;
    unknown &&= next === 0xff;
    value = value * 256 + next;
  }
  return { value, bytes: length, unknown };
}
