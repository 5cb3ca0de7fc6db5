/** What one run of ffmpeg or ffprobe may cost. Many times what it should: reached only by what does not end. */
export interface Allowance {
  cpuSeconds: number;
  wallMs: number;
  /** Of private memory, threads' stacks among it. */
  memoryBytes: number;
  /** Of any one file it writes. */
  fileBytes: number;
}

const MIB = 1024 ** 2;
const MEGAPIXEL = 1_000_000;
/** Starting, opening, finding the place. */
const FLOOR_CPU_SECONDS = 300;
/** On a machine that is shared or throttled, and with storage that is away for a while (see `keepTrying`). */
const FLOOR_WALL_MS = 30 * 60_000;
const WALL_PER_CPU = 2;

/** A picture costs at least as much as this many pixels. */
const LEAST_MEGAPIXELS = 0.05;
/** CPU seconds for a million pixels of one frame: slow codecs at slow presets need a tenth. */
const DECODE_SECONDS = 0.5;
const ENCODE_SECONDS = 4;
/** CPU seconds for a second of sound: encoders run at fifty times real time. */
const AUDIO_SECONDS = 2;

/** Programs, libraries and a stack for each thread. */
const BASE_MEMORY_BYTES = 2_048 * MIB;
/** Bytes of a pixel in the widest format, and pictures that a decoder with many threads and its filters hold. */
const BYTES_PER_PIXEL = 8;
const SOURCE_PICTURES = 48;
/** 4:2:0 in ten bits, and pictures that an encoder looks ahead over. */
const ENCODED_BYTES_PER_PIXEL = 3;
const ENCODER_PICTURES = 160;

export interface PictureWork {
  /** Pixels of a picture of the source. */
  sourcePixels: number;
  /** Pictures that are decoded, those before the first wanted one among them. */
  decoded: number;
  /** Pixels of a picture of each rendition. */
  renditionPixels: readonly number[];
  /** Pictures that are encoded, of each rendition. */
  encoded: number;
}

/** For work on pictures: by their number and size. */
export function pictureAllowance(work: PictureWork): Allowance {
  const { sourcePixels, decoded, renditionPixels, encoded } = work;
  const encodedPixels = renditionPixels.reduce((sum, pixels) => sum + pixels, 0);
  const seconds =
    DECODE_SECONDS * decoded * megapixels(sourcePixels) +
    ENCODE_SECONDS * encoded * megapixels(encodedPixels) * Math.min(1, renditionPixels.length);
  return {
    ...timeFor(seconds),
    memoryBytes:
      BASE_MEMORY_BYTES +
      sourcePixels * BYTES_PER_PIXEL * SOURCE_PICTURES +
      encodedPixels * ENCODED_BYTES_PER_PIXEL * ENCODER_PICTURES,
    fileBytes: Number.POSITIVE_INFINITY,
  };
}

/** For work on sound: by its length. */
export function soundAllowance(durationMicros: number): Allowance {
  return {
    ...timeFor((AUDIO_SECONDS * durationMicros) / 1_000_000),
    memoryBytes: BASE_MEMORY_BYTES,
    fileBytes: Number.POSITIVE_INFINITY,
  };
}

/** Bytes that are copied in a second of CPU time at the very least. */
const COPIED_PER_SECOND = 2 * MIB;

/** For copying streams of so many bytes into a file. */
export function copyAllowance(sizeBytes: number): Allowance {
  return {
    ...timeFor(sizeBytes / COPIED_PER_SECOND),
    memoryBytes: BASE_MEMORY_BYTES,
    fileBytes: 2 * sizeBytes + 64 * MIB,
  };
}

/** For a look into a source of any size. */
export const PROBE_ALLOWANCE: Allowance = {
  cpuSeconds: FLOOR_CPU_SECONDS,
  wallMs: 240_000,
  // Pictures of the largest size that is accepted are decoded to find out what they are.
  memoryBytes: 8_192 * MIB,
  fileBytes: 0,
};

/** Nothing takes half a day; and a timer of more than 24 days would fire at once. */
const MAX_WALL_MS = 12 * 3_600_000;

function timeFor(seconds: number): Pick<Allowance, 'cpuSeconds' | 'wallMs'> {
  const cpuSeconds = FLOOR_CPU_SECONDS + Math.ceil(seconds);
  const wallMs = FLOOR_WALL_MS + WALL_PER_CPU * cpuSeconds * 1_000;
  return { cpuSeconds, wallMs: Math.min(MAX_WALL_MS, wallMs) };
}

function megapixels(pixels: number): number {
  return Math.max(LEAST_MEGAPIXELS, pixels / MEGAPIXEL);
}
