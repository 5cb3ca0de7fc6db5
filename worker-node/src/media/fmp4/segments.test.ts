import { expect, test } from 'vitest';
import { makeBox, readBoxes, words } from './boxes.ts';
import { FragmentReader, readSegment, type Sample } from './fragment-reader.ts';
import type { InitSegment } from './init-segment.ts';
import { keyBytes } from './key-bytes.ts';
import { segmentFault } from './verify-segment.ts';
import { writeSegment } from './write-segment.ts';

const INIT: InitSegment = {
  ...{ bytes: Buffer.alloc(0), sha256: '', codec: 'avc1', codecs: 'avc1.64001f', audioPreSkip: 0 },
  ...{ trackId: 1, timescale: 12_800, width: 64, height: 64, defaults: { duration: 0, size: 0, flags: 0 } },
};
const HEADER = { trackId: 1, sequenceNumber: 3, sampleTicks: 512 };
const EXPECTED = { samples: 3, startTicks: 128_000, sampleTicks: 512 };

/** A picture of one NAL unit of a type, length-prefixed. */
function picture(nalType: number, decodeTime: number, compositionOffset: number): Sample {
  const data = Buffer.from([0, 0, 0, 3, nalType, 1, 2]);
  return { data, decodeTime, duration: 512, compositionOffset, flags: nalType === 5 ? 0x2000000 : 0x1010000 };
}

/** An IDR, a P shown third, a B shown second; decoding starts one frame early. */
function group(): Sample[] {
  return [picture(5, 127_488, 512), picture(1, 128_000, 1_024), picture(1, 128_512, 0)];
}

test('what is written is read back, also past 32 bits of time', () => {
  for (const offset of [0, 2 ** 33]) {
    const samples = group().map((s) => ({ ...s, decodeTime: s.decodeTime + offset }));
    const bytes = writeSegment(HEADER, samples);
    expect([...readBoxes(bytes)].map((box) => box.type)).toEqual(['styp', 'moof', 'mdat']);
    expect(readSegment(INIT.defaults, bytes)).toEqual(samples);
  }
});

test('the key bytes of a segment end where its first picture does', () => {
  const samples = group();
  const bytes = writeSegment(HEADER, samples);
  const end = keyBytes(bytes, samples);
  const first = samples[0]?.data ?? Buffer.alloc(0);
  expect(bytes.subarray(end - first.length, end)).toEqual(first);
  expect(end - first.length).toBe(bytes.indexOf('mdat') + 4);
});

test('a right segment has no fault', () => {
  expect(segmentFault(INIT, writeSegment(HEADER, group()), EXPECTED)).toBeNull();
});

test.each<[string, (samples: Sample[]) => Sample[]]>([
  ['2 samples instead of 3', (s) => s.slice(0, 2)],
  ['the first picture is not a key picture', (s) => s.map((p) => ({ ...p, data: picture(1, 0, 0).data }))],
  ['an empty sample', (s) => s.map((p, i) => (i === 2 ? { ...p, data: Buffer.alloc(0) } : p))],
  ['picture 0 at 128001 instead of 128000', (s) => s.map((p) => ({ ...p, decodeTime: p.decodeTime + 1 }))],
  [
    'picture 1 at 129024 instead of 128512',
    (s) => s.map((p) => ({ ...p, compositionOffset: p === s[0] ? 512 : 1_024 })),
  ],
])('%s', (fault, spoil) => {
  expect(segmentFault(INIT, writeSegment(HEADER, spoil(group())), EXPECTED)).toBe(fault);
});

test('samples of another length, and torn bytes, are faults', () => {
  const bytes = writeSegment(HEADER, group());
  expect(segmentFault(INIT, writeSegment({ ...HEADER, sampleTicks: 500 }, group()), EXPECTED)).not.toBeNull();
  for (let length = 0; length < bytes.length; length += 1) {
    expect(segmentFault(INIT, bytes.subarray(0, length), EXPECTED), `${length} bytes`).not.toBeNull();
  }
});

test('a stream that stops inside a box is not complete, and nonsense is refused', async () => {
  const handlers = { onInit: () => {}, onSamples: () => {} };
  const torn = new FragmentReader(handlers);
  await torn.push(makeBox('ftyp', words(1, 2)).subarray(0, 9));
  expect(() => torn.end()).toThrow('inside a box');
  await expect(new FragmentReader(handlers).push(Buffer.alloc(16))).rejects.toThrow('box of 0 bytes');
  await expect(new FragmentReader(handlers).push(makeBox('mdat', words(1)))).rejects.toThrow('before moof');
});
