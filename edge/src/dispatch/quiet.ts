/**
 * Whether the installation rests: nothing is under way and nothing falls due for a while, so that the database may
 * sleep. No method throws; what cannot be known is "no".
 */
export interface Quiet {
  /** Something is about to change: nobody calls it quiet for the next two minutes. */
  stir(): Promise<void>;
  isQuiet(): Promise<boolean>;
  /** A pass over everything found nothing to do until then; null when it found something. */
  settle(untilMs: number | null): Promise<void>;
}

/** Longer than any request lasts: what it writes is seen by a pass that runs before it is quiet again. */
export const STIRRED_SECONDS = 120;
