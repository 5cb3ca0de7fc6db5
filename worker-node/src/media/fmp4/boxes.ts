/** A box of ISO base media: where its body lies in the buffer it was found in. */
export interface Box {
  type: string;
  /** With its header. */
  bytes: Buffer;
  body: Buffer;
}

/** Damaged or unexpected structure in what ffmpeg wrote. */
export class BoxError extends Error {
  override name = 'BoxError';
}

/** Length and type of the box that begins at `offset`; null when its header is not complete. */
export function boxHeader(
  bytes: Buffer,
  offset: number,
): { type: string; headerBytes: number; size: number } | null {
  if (bytes.length < offset + 8) return null;
  const short = bytes.readUInt32BE(offset);
  const type = bytes.toString('latin1', offset + 4, offset + 8);
  if (short !== 1) return { type, headerBytes: 8, size: short };
  if (bytes.length < offset + 16) return null;
  return { type, headerBytes: 16, size: Number(bytes.readBigUInt64BE(offset + 8)) };
}

/** The boxes that fill `bytes` exactly. */
export function* readBoxes(bytes: Buffer): Generator<Box> {
  for (let offset = 0; offset < bytes.length; ) {
    const header = boxHeader(bytes, offset);
    if (!header || header.size < header.headerBytes || offset + header.size > bytes.length) {
      throw new BoxError(`a box at ${offset} does not fit in ${bytes.length} bytes`);
    }
    const end = offset + header.size;
    yield {
      type: header.type,
      bytes: bytes.subarray(offset, end),
      body: bytes.subarray(offset + header.headerBytes, end),
    };
    offset = end;
  }
}

/** The first box at a path such as `['moov', 'trak', 'mdia']`, or null. */
export function findBox(bytes: Buffer, path: readonly string[]): Box | null {
  const [type, ...rest] = path;
  for (const box of readBoxes(bytes)) {
    if (box.type !== type) continue;
    return rest.length === 0 ? box : findBox(box.body, rest);
  }
  return null;
}

export function requireBox(bytes: Buffer, path: readonly string[]): Box {
  const box = findBox(bytes, path);
  if (!box) throw new BoxError(`no ${path.join('/')}`);
  return box;
}

/** A box from its type and the pieces of its body. */
export function makeBox(type: string, ...body: readonly Buffer[]): Buffer {
  return Buffer.concat(boxPieces(type, ...body));
}

/** The same before it is put together: for boxes that become part of something large. */
export function boxPieces(type: string, ...body: readonly Buffer[]): Buffer[] {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(
    body.reduce((sum, { length }) => sum + length, 8),
    0,
  );
  header.write(type, 4, 'latin1');
  return [header, ...body];
}

/** The body of a box from 32-bit words. */
export function words(...values: readonly number[]): Buffer {
  const body = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) body.writeUInt32BE(value >>> 0, i * 4);
  return body;
}
