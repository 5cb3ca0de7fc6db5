import { BoxError, requireBox } from '../boxes.ts';
import type { AudioEntry, SampleEntry } from './sample-entry.ts';

const ES_DESCRIPTOR = 3;
const DECODER_CONFIG = 4;
const DECODER_SPECIFIC = 5;
const MPEG4_AUDIO = 0x40;
const AAC_LC = 2;

/** "mp4a.40.2": object type and audio object type out of an `esds` (ISO 14496-1, 7.2.6). */
export function readMpeg4Audio({ boxes, channels }: AudioEntry): SampleEntry {
  const esds = requireBox(boxes, ['esds']).body;
  const es = descriptor(esds, 4, ES_DESCRIPTOR);
  const config = descriptor(esds, es + 3, DECODER_CONFIG);
  const objectType = esds.readUInt8(config);
  const specific = descriptor(esds, config + 13, DECODER_SPECIFIC);
  const first = esds.readUInt8(specific);
  const short = first >> 3;
  const audioObjectType =
    short === 31 ? 32 + (((first & 7) << 3) | (esds.readUInt8(specific + 1) >> 5)) : short;
  const isAacCore = objectType === MPEG4_AUDIO && audioObjectType === AAC_LC && channels <= 2;
  return {
    codec: 'mp4a',
    codecs: `mp4a.${objectType.toString(16)}.${audioObjectType}`,
    // ISO 23000-19, 10.4: mono or stereo, up to 48 kHz.
    brands: isAacCore ? ['caac'] : [],
    audioPreSkip: 0,
  };
}

/** Where the body of the descriptor at `offset` begins; its length may take up to four bytes. */
function descriptor(bytes: Buffer, offset: number, tag: number): number {
  if (bytes.readUInt8(offset) !== tag) throw new BoxError(`no descriptor ${tag} in esds`);
  let at = offset + 1;
  while (at < offset + 4 && bytes.readUInt8(at) & 0x80) at += 1;
  return at + 1;
}
