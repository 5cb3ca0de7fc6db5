import { startsWithAv1KeyFrame } from './av1.ts';
import { startsWithIdr } from './avc.ts';
import { startsWithHevcIdr } from './hevc.ts';
import type { SampleEntry } from './sample-entry.ts';
import { startsWithVp9KeyFrame } from './vp9.ts';

/** True when a sample can be decoded without any before it, and so can all that follow. Reads the bitstream itself. */
export function isKeyPicture(codec: SampleEntry['codec'], sample: Buffer): boolean {
  switch (codec) {
    case 'avc1':
      return startsWithIdr(sample);
    case 'hvc1':
      return startsWithHevcIdr(sample);
    case 'av01':
      return startsWithAv1KeyFrame(sample);
    case 'vp09':
      return startsWithVp9KeyFrame(sample);
    case 'mp4a':
    case 'Opus':
      return true;
    default:
      return codec satisfies never;
  }
}
