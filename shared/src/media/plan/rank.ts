/** Order of a job's tasks: what playback waits for, what finishes an output, then the film from its beginning. */
export const RANK = {
  opening: 0,
  openingAudio: 1,
  finishing: 10,
  alternates: 20,
  /** And those after it: of several tracks each has its own. */
  subtitles: 30,
  poster: 90,
  chunks: 100,
  quality: 1_000_000,
} as const;
