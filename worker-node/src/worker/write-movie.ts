import { open } from 'node:fs/promises';
import type { Sample } from '../media/fmp4/fragment-reader.ts';
import { movieHeader } from '../media/mp4/movie-header.ts';
import { MovieTrack, type TrackLabels } from '../media/mp4/movie-track.ts';
import { TaskFailure } from '../task-failure.ts';
import type { TrackObject } from './track-stream.ts';

/** A track to be written, and where its samples come from. */
export interface TrackToWrite {
  labels: TrackLabels;
  objects: AsyncIterator<TrackObject>;
}

/** A file in two parts: what stands in front, and the samples, which are on disk. */
export interface Movie {
  header: Buffer;
  mediaBytes: number;
  tracks: MovieTrack[];
}

/** Tracks take turns at this distance, so that a player that loads the file finds sound beside its pictures. */
const TURN_SECONDS = 1;

interface Reading {
  track: MovieTrack;
  objects: AsyncIterator<TrackObject>;
  /** Read and not yet written. */
  waiting: Sample[];
}

/** Writes the samples of all tracks to `mediaFile` in the order of their times. */
export async function writeMovie(mediaFile: string, wanted: readonly TrackToWrite[]): Promise<Movie> {
  const readings = await Promise.all(
    wanted.map(async ({ labels, objects }): Promise<Reading> => {
      const first = await objects.next();
      if (first.done) throw new TaskFailure('worker_error', 'a track without an init');
      return { track: new MovieTrack(first.value.init, labels), objects, waiting: [] };
    }),
  );
  const file = await open(mediaFile, 'w');
  let mediaBytes = 0;
  try {
    for (;;) {
      const next = await earliest(readings);
      if (!next) break;
      const samples = takeTurn(next);
      const fault = next.track.add(mediaBytes, samples);
      if (fault) throw new TaskFailure('verification_failed', `the stored segments do not join: ${fault}`);
      const bytes = joined(samples);
      await file.appendFile(bytes);
      mediaBytes += bytes.length;
    }
  } finally {
    await file.close();
  }
  const tracks = readings.map(({ track }) => track);
  return { header: movieHeader(tracks, mediaBytes), mediaBytes, tracks };
}

/** The track whose next sample comes first; null when all have ended. */
async function earliest(readings: readonly Reading[]): Promise<Reading | null> {
  await Promise.all(readings.map(fill));
  const seconds = ({ waiting, track }: Reading) =>
    (waiting[0]?.decodeTime ?? Number.POSITIVE_INFINITY) / track.init.timescale;
  return readings.reduce<Reading | null>((first, reading) => {
    if (reading.waiting.length === 0) return first;
    return first && seconds(first) <= seconds(reading) ? first : reading;
  }, null);
}

async function fill(reading: Reading): Promise<void> {
  while (reading.waiting.length === 0) {
    const next = await reading.objects.next();
    if (next.done) return;
    reading.waiting = next.value.samples;
  }
}

function takeTurn(reading: Reading): Sample[] {
  const { waiting, track } = reading;
  const end = (waiting[0]?.decodeTime ?? 0) + TURN_SECONDS * track.init.timescale;
  const later = waiting.findIndex(({ decodeTime }) => decodeTime >= end);
  const count = later < 0 ? waiting.length : later;
  reading.waiting = waiting.slice(count);
  return waiting.slice(0, count);
}

/** The bytes of samples; one piece of the segment they came in where they lie there one after another. */
function joined(samples: readonly Sample[]): Buffer {
  const [first] = samples;
  const size = samples.reduce((sum, { data }) => sum + data.length, 0);
  let end = first?.data.byteOffset ?? 0;
  const together = samples.every(({ data }) => {
    const follows = data.buffer === first?.data.buffer && data.byteOffset === end;
    end = data.byteOffset + data.length;
    return follows;
  });
  if (!first || !together) return Buffer.concat(samples.map(({ data }) => data));
  return Buffer.from(first.data.buffer, first.data.byteOffset, size);
}
