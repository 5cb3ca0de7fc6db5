import { BoxError, readBoxes } from '../boxes.ts';
import { readAv1 } from './av1.ts';
import { readAvc } from './avc.ts';
import { readHevc } from './hevc.ts';
import { readMpeg4Audio } from './mpeg4-audio.ts';
import { readOpus } from './opus.ts';
import { readVp9 } from './vp9.ts';

/** What the one sample entry of a track says. */
export interface SampleEntry {
  /** Its type: how samples are coded. */
  codec: 'avc1' | 'hvc1' | 'av01' | 'vp09' | 'mp4a' | 'Opus';
  /** RFC 6381: "avc1.64001f", "mp4a.40.2". */
  codecs: string;
  /** CMAF media profiles that the track is of, beside the structural brands. */
  brands: string[];
  /** Samples that a decoder throws away before the first one, where the entry says so (Opus). */
  audioPreSkip: number;
}

export interface VisualEntry {
  width: number;
  height: number;
  /** The boxes in it. */
  boxes: Buffer;
}

export interface AudioEntry {
  channels: number;
  boxes: Buffer;
}

/** Reads the only entry of an `stsd`. Throws `BoxError`. */
export function readSampleEntry(stsd: Buffer): SampleEntry {
  const entries = [...readBoxes(stsd.subarray(8))];
  const [entry] = entries;
  if (!entry || entries.length !== 1) throw new BoxError(`${entries.length} sample entries`);
  switch (entry.type) {
    case 'avc1':
      return readAvc(visual(entry.body));
    case 'hvc1':
      return readHevc(visual(entry.body));
    case 'av01':
      return readAv1(visual(entry.body));
    case 'vp09':
      return readVp9(visual(entry.body));
    case 'mp4a':
      return readMpeg4Audio(audio(entry.body));
    case 'Opus':
      return readOpus(audio(entry.body));
    default:
      throw new BoxError(`a sample entry of type ${entry.type}`);
  }
}

/** ISO 14496-12, 12.1.3. */
const VISUAL_ENTRY_BYTES = 78;

function visual(body: Buffer): VisualEntry {
  return {
    width: body.readUInt16BE(24),
    height: body.readUInt16BE(26),
    boxes: body.subarray(VISUAL_ENTRY_BYTES),
  };
}

/** ISO 14496-12, 12.2.3. */
const AUDIO_ENTRY_BYTES = 28;

function audio(body: Buffer): AudioEntry {
  return { channels: body.readUInt16BE(16), boxes: body.subarray(AUDIO_ENTRY_BYTES) };
}
