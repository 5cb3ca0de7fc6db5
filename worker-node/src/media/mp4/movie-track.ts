import { BASE_SECONDS } from '@millrace/shared/media/timeline.ts';
import type { Sample } from '../fmp4/fragment-reader.ts';
import type { InitSegment } from '../fmp4/init-segment.ts';

/** What a file says of a track besides what its initialisation segment says. */
export interface TrackLabels {
  kind: 'video' | 'audio';
  /** ISO 639-2/T. */
  language: string;
  title: string | null;
  isDefault: boolean;
}

/** Samples of one track that lie together in the file. */
interface Chunk {
  offset: number;
  samples: number;
}

const NOT_SYNC = 0x10000;

/** The sample table of a track as it grows: numbers only, a few bytes for each sample. */
export class MovieTrack {
  readonly init: InitSegment;
  readonly labels: TrackLabels;
  readonly sizes: number[] = [];
  readonly chunks: Chunk[] = [];
  /** Numbers of samples that decoding can begin at, from 1. */
  readonly syncSamples: number[] = [];
  /** Runs of equal values. */
  readonly durations: [count: number, value: number][] = [];
  readonly compositionOffsets: [count: number, value: number][] = [];
  #firstDecodeTime: number | null = null;
  #nextDecodeTime = 0;

  constructor(init: InitSegment, labels: TrackLabels) {
    this.init = init;
    this.labels = labels;
  }

  /** Takes samples that were written at `offset`. Returns what is wrong with their times, or null. */
  add(offset: number, samples: readonly Sample[]): string | null {
    this.chunks.push({ offset, samples: samples.length });
    for (const { data, decodeTime, duration, compositionOffset, flags } of samples) {
      this.#firstDecodeTime ??= decodeTime;
      if (this.sizes.length > 0 && decodeTime !== this.#nextDecodeTime) {
        return `a sample at ${decodeTime} instead of ${this.#nextDecodeTime}`;
      }
      this.#nextDecodeTime = decodeTime + duration;
      this.sizes.push(data.length);
      if (!(flags & NOT_SYNC)) this.syncSamples.push(this.sizes.length);
      addToRuns(this.durations, duration);
      addToRuns(this.compositionOffsets, compositionOffset);
    }
    return null;
  }

  /** Ticks that lie before time zero of the job: reordering of pictures, priming of sound. */
  get leadTicks(): number {
    return BASE_SECONDS * this.init.timescale - (this.#firstDecodeTime ?? 0);
  }

  /** Ticks of all samples, what lies before time zero among them. */
  get mediaTicks(): number {
    return this.#nextDecodeTime - (this.#firstDecodeTime ?? 0);
  }

  /** Ticks that are shown or heard. The last pictures are shown a reordering's delay after they are decoded. */
  get shownTicks(): number {
    return this.mediaTicks - (this.labels.kind === 'audio' ? this.leadTicks : 0);
  }
}

function addToRuns(runs: [count: number, value: number][], value: number): void {
  const last = runs.at(-1);
  if (last?.[1] === value) last[0] += 1;
  else runs.push([1, value]);
}
