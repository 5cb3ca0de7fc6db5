import { BoxError, boxHeader, readBoxes, requireBox } from './boxes.ts';
import { type InitSegment, readInit, type SampleDefaults } from './init-segment.ts';

/** One coded picture or audio packet. Times in the track's timescale. */
export interface Sample {
  data: Buffer;
  decodeTime: number;
  duration: number;
  /** Presentation time minus decode time. */
  compositionOffset: number;
  flags: number;
}

export interface FragmentHandlers {
  onInit(init: InitSegment): Promise<void> | void;
  onSamples(samples: Sample[]): Promise<void> | void;
}

/** No fragment of ours comes near; beyond it the stream is nonsense. */
const MAX_BOX_BYTES = 512 * 1024 * 1024;

/** Takes a fragmented MP4 apart as it arrives, in pieces of any size. Throws `BoxError` on anything unexpected. */
export class FragmentReader {
  readonly #handlers: FragmentHandlers;
  #pieces: Buffer[] = [];
  #length = 0;
  #wanted = 8;
  #init: InitSegment | null = null;
  #moof: Buffer | null = null;

  constructor(handlers: FragmentHandlers) {
    this.#handlers = handlers;
  }

  async push(bytes: Buffer): Promise<void> {
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    while (this.#length >= this.#wanted) {
      const joined = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces, this.#length);
      if (!joined) return;
      const header = boxHeader(joined, 0);
      if (header && (header.size < header.headerBytes || header.size > MAX_BOX_BYTES)) {
        throw new BoxError(`a ${header.type} box of ${header.size} bytes`);
      }
      const complete = header !== null && joined.length >= header.size;
      const rest = complete ? joined.subarray(header.size) : joined;
      this.#pieces = rest.length > 0 ? [rest] : [];
      this.#length = rest.length;
      this.#wanted = complete ? 8 : Math.max(this.#length + 1, header?.size ?? 16);
      if (complete) await this.#take(header.type, joined.subarray(0, header.size), header.headerBytes);
    }
  }

  /** Throws when the stream stopped inside a box. */
  end(): void {
    if (this.#length > 0 || this.#moof) throw new BoxError('the stream ends inside a box');
  }

  async #take(type: string, bytes: Buffer, headerBytes: number): Promise<void> {
    if (type === 'moov') {
      this.#init = readInit(bytes);
      await this.#handlers.onInit(this.#init);
    } else if (type === 'moof') {
      this.#moof = bytes;
    } else if (type === 'mdat') {
      if (!this.#init || !this.#moof) throw new BoxError('mdat before moof');
      const samples = readFragment(this.#init.defaults, this.#moof, bytes, headerBytes);
      this.#moof = null;
      await this.#handlers.onSamples(samples);
    }
  }
}

/** The samples of a whole segment: `styp`, then one `moof` and its `mdat`. Throws `BoxError`. */
export function readSegment(defaults: SampleDefaults, segment: Buffer): Sample[] {
  const boxes = [...readBoxes(segment)];
  const types = boxes.map((box) => box.type).join(' ');
  const [, moof, mdat] = boxes;
  if (types !== 'styp moof mdat' || !moof || !mdat) throw new BoxError(`a segment of ${types}`);
  return readFragment(defaults, moof.bytes, mdat.bytes, mdat.bytes.length - mdat.body.length);
}

/** ISO 14496-12, 8.8.7 and 8.8.8. */
const TFHD = { baseDataOffset: 1, description: 2, duration: 8, size: 0x10, flags: 0x20 };
const TRUN = { dataOffset: 1, firstFlags: 4, duration: 0x100, size: 0x200, flags: 0x400, offset: 0x800 };

function readFragment(trex: SampleDefaults, moof: Buffer, mdat: Buffer, mdatHeaderBytes: number): Sample[] {
  const traf = requireBox(moof, ['moof', 'traf']).body;
  const defaults = readTfhd(trex, requireBox(traf, ['tfhd']).body);
  const tfdt = requireBox(traf, ['tfdt']).body;
  let decodeTime = tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4);
  const samples: Sample[] = [];
  for (const { type, body } of readBoxes(traf)) {
    if (type !== 'trun') continue;
    const flags = body.readUIntBE(1, 3);
    const count = body.readUInt32BE(4);
    let at = 8;
    const next = (present: number, fallback: number) => {
      if (!(flags & present)) return fallback;
      at += 4;
      return body.readUInt32BE(at - 4);
    };
    let data = next(TRUN.dataOffset, moof.length + mdatHeaderBytes);
    const firstFlags = next(TRUN.firstFlags, -1);
    for (let i = 0; i < count; i += 1) {
      const duration = next(TRUN.duration, defaults.duration);
      const size = next(TRUN.size, defaults.size);
      const sampleFlags = next(TRUN.flags, i === 0 && firstFlags >= 0 ? firstFlags : defaults.flags);
      const compositionOffset = next(TRUN.offset, 0) | 0;
      const start = data - moof.length;
      if (start < 0 || start + size > mdat.length) throw new BoxError('a sample outside its fragment');
      samples.push({
        data: mdat.subarray(start, start + size),
        decodeTime,
        duration,
        compositionOffset,
        flags: sampleFlags,
      });
      data += size;
      decodeTime += duration;
    }
  }
  return samples;
}

function readTfhd(trex: SampleDefaults, tfhd: Buffer): SampleDefaults {
  const flags = tfhd.readUIntBE(1, 3);
  let at = 8;
  if (flags & TFHD.baseDataOffset) throw new BoxError('offsets that do not count from the fragment');
  if (flags & TFHD.description) at += 4;
  const next = (present: number, fallback: number) => {
    if (!(flags & present)) return fallback;
    at += 4;
    return tfhd.readUInt32BE(at - 4);
  };
  return {
    duration: next(TFHD.duration, trex.duration),
    size: next(TFHD.size, trex.size),
    flags: next(TFHD.flags, trex.flags),
  };
}
