/** What may be said on the command line; every bench takes what means something to it. */
export interface BenchOptions {
  /** Repetitions of what is measured alone. */
  runs?: number;
  /** Repetitions of what is measured against something else. */
  pairs?: number;
  /** A film in place of the one that the bench makes. */
  source?: string;
  /** Length of the film that the bench makes. */
  seconds?: number;
  /** Workers of one slot each; left out: what the bench takes for one machine. */
  workers?: number;
  /** Print the commands that are measured, and measure nothing. */
  print?: boolean;
}
