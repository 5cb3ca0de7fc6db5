import { type Box, BoxError, boxHeader, readBoxes, requireBox } from './fmp4/boxes.ts';
import type { ReadBytes, Sniffed } from './sniff.ts';

/** What the headers call the codecs, for files that ffprobe refuses to open. */
export interface CodecTags {
  encrypted: boolean;
  /** The first tag that is on no list. */
  unknown: string | null;
}

const NOTHING: CodecTags = { encrypted: false, unknown: null };
const HEAD_BYTES = 256 * 1024;

export async function codecTags(family: NonNullable<Sniffed['family']>, read: ReadBytes): Promise<CodecTags> {
  switch (family) {
    case 'mov':
      return movTags(read);
    case 'matroska':
      return matroskaTags((await read(0, HEAD_BYTES)).toString('latin1'));
    case 'avi':
      return aviTags(await read(0, HEAD_BYTES));
    case 'mpegts':
    case 'mpeg':
    case 'flv':
    case 'ogg':
    case 'mxf':
    case 'wav':
    case 'flac':
    case 'mp3':
    case 'aac':
    case 'ac3':
      return NOTHING;
    default:
      return family satisfies never;
  }
}

const KNOWN_IN_MOV = [
  ...['avc1', 'avc3', 'hvc1', 'hev1', 'av01', 'vp09', 'vp08', 'mp4v', 'm2v1', 'jpeg', 'mjpa', 's263', 'h263'],
  ...['mp4a', '.mp3', 'ac-3', 'ec-3', 'Opus', 'fLaC', 'alac', 'samr', 'sawb', 'sowt', 'twos', 'lpcm', 'in24'],
  ...['fl32', 'in32', 'alaw', 'ulaw', 'raw ', 'apch', 'apcn', 'apcs', 'apco', 'ap4h', 'ap4x', 'AVdn', 'AVdh'],
];
const MAX_MOOV_BYTES = 64 * 1024 * 1024;
const MAX_BOXES = 64;

async function movTags(read: ReadBytes): Promise<CodecTags> {
  for (let at = 0, n = 0; n < MAX_BOXES; n += 1) {
    const header = boxHeader(await read(at, 16), 0);
    if (!header || header.size < header.headerBytes) return NOTHING;
    if (header.type === 'moov') {
      return header.size > MAX_MOOV_BYTES ? NOTHING : moovTags(await read(at, header.size));
    }
    at += header.size;
  }
  return NOTHING;
}

function moovTags(moov: Buffer): CodecTags {
  try {
    const tracks = [...readBoxes(requireBox(moov, ['moov']).body)].filter((box) => box.type === 'trak');
    const media = tracks.map(handlerAndTag).filter(({ handler }) => handler === 'vide' || handler === 'soun');
    return {
      encrypted: media.some(({ tag }) => tag === 'encv' || tag === 'enca'),
      unknown: media.find(({ tag }) => !KNOWN_IN_MOV.includes(tag))?.tag ?? null,
    };
  } catch (error) {
    if (error instanceof BoxError || error instanceof RangeError) return NOTHING;
    throw error;
  }
}

function handlerAndTag(trak: Box): { handler: string; tag: string } {
  const handler = requireBox(trak.body, ['mdia', 'hdlr']).body.toString('latin1', 8, 12);
  const stsd = requireBox(trak.body, ['mdia', 'minf', 'stbl', 'stsd']).body;
  return { handler, tag: boxHeader(stsd, 8)?.type ?? '' };
}

const KNOWN_IN_MATROSKA =
  /^(?:V_MPEG4\/|V_MPEGH\/|V_MPEG[12]|V_VP[89]|V_AV1|V_THEORA|V_MJPEG|V_PRORES|A_AAC|A_MPEG|A_OPUS|A_VORBIS|A_E?AC3|A_FLAC|A_ALAC|A_PCM)/;

function matroskaTags(head: string): CodecTags {
  const ids = head.match(/[VA]_[A-Z][A-Z0-9/_]{2,30}/g) ?? [];
  return {
    encrypted: false,
    unknown: ids.find((id) => !KNOWN_IN_MATROSKA.test(id)) ?? null,
  };
}

const KNOWN_IN_AVI =
  /^(?:H264|X264|AVC1|HEVC|XVID|DIVX|DX50|FMP4|MP4V|MJPG|MPG[12]|THEO|VP80|VP90|FLV1|H263|S263)$/;

/** `strh` begins with the kind of stream and the codec's four characters. */
function aviTags(head: Buffer): CodecTags {
  const at = head.indexOf('vids');
  if (at < 0) return NOTHING;
  const tag = head.toString('latin1', at + 4, at + 8);
  return { encrypted: false, unknown: KNOWN_IN_AVI.test(tag.toUpperCase()) ? null : tag };
}
