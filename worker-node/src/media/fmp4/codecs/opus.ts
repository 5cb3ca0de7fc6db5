import { requireBox } from '../boxes.ts';
import type { AudioEntry, SampleEntry } from './sample-entry.ts';

/** From `dOps` ("Encapsulation of Opus in ISO Base Media File Format", 4.3.2). */
export function readOpus({ boxes }: AudioEntry): SampleEntry {
  const dOps = requireBox(boxes, ['dOps']).body;
  return { codec: 'Opus', codecs: 'opus', brands: [], audioPreSkip: dOps.readUInt16BE(2) };
}
