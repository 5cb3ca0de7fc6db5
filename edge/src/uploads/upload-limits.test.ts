import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_PARTS, planParts } from './upload-limits.ts';

const MIB = 1024 ** 2;
const FIVE_TIB = 5 * 1024 ** 4;

test('parts of any size that storage keeps are equal, large enough and not too many', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: FIVE_TIB }), (sizeBytes) => {
      const { partSizeBytes, partCount } = planParts(sizeBytes);
      expect(partSizeBytes).toBeGreaterThanOrEqual(5 * MIB);
      expect(partSizeBytes % MIB).toBe(0);
      expect(partCount).toBeLessThanOrEqual(MAX_PARTS);
      expect((partCount - 1) * partSizeBytes).toBeLessThan(sizeBytes);
      expect(partCount * partSizeBytes).toBeGreaterThanOrEqual(sizeBytes);
    }),
  );
  expect(planParts(8 * MIB)).toEqual({ partSizeBytes: 8 * MIB, partCount: 1 });
  expect(planParts(8 * MIB + 1)).toEqual({ partSizeBytes: 8 * MIB, partCount: 2 });
});
