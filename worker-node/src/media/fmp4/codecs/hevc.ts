import { requireBox } from '../boxes.ts';
import { nalUnits } from './nal-units.ts';
import type { SampleEntry, VisualEntry } from './sample-entry.ts';

/** "hvc1.1.6.L93.90" (ISO 14496-15, E.3) from `hvcC`. */
export function readHevc(entry: VisualEntry): SampleEntry {
  const hvcC = requireBox(entry.boxes, ['hvcC']).body;
  const first = hvcC.readUInt8(1);
  const space = ['', 'A', 'B', 'C'][first >> 6];
  const tier = first & 0x20 ? 'H' : 'L';
  const constraints = [...hvcC.subarray(6, 12)];
  while (constraints.at(-1) === 0) constraints.pop();
  const parts = [
    `${space}${first & 0x1f}`,
    reversed32(hvcC.readUInt32BE(2)).toString(16),
    `${tier}${hvcC.readUInt8(12)}`,
    ...constraints.map((byte) => byte.toString(16)),
  ];
  return {
    codec: 'hvc1',
    codecs: `hvc1.${parts.join('.').toUpperCase()}`,
    brands: cmafBrands(entry, first, hvcC.readUInt8(12)),
    audioPreSkip: 0,
  };
}

const MAIN_PROFILE_MAIN_TIER = 1;
/** General level numbers are 30 × the level. */
const LEVEL_4_1 = 123;
const LEVEL_5 = 150;

/** The media profiles of ISO 23000-19, B.1, for 8-bit BT.709: the smallest that the pictures fit in. */
function cmafBrands({ width, height }: VisualEntry, profileAndTier: number, level: number): string[] {
  if (profileAndTier !== MAIN_PROFILE_MAIN_TIER) return [];
  if (width <= 1920 && height <= 1080 && level <= LEVEL_4_1) return ['chhd'];
  return width <= 3840 && height <= 2160 && level <= LEVEL_5 ? ['cud8'] : [];
}

/** Compatibility flags are written with the lowest profile in the lowest bit. */
function reversed32(value: number): number {
  let result = 0;
  for (let bit = 0; bit < 32; bit += 1) result = (result << 1) | ((value >>> bit) & 1);
  return result >>> 0;
}

const LAST_VCL_TYPE = 31;
const IDR_W_RADL = 19;
const IDR_N_LP = 20;

/** True when the first coded slice of a sample belongs to an IDR picture. A CRA is none: pictures may lead it. */
export function startsWithHevcIdr(sample: Buffer): boolean {
  for (const nal of nalUnits(sample)) {
    const type = (nal.readUInt8(0) >> 1) & 0x3f;
    if (type <= LAST_VCL_TYPE) return type === IDR_W_RADL || type === IDR_N_LP;
  }
  return false;
}
