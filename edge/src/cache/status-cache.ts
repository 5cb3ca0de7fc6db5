/** Orders two records of the same job: lexicographic, both parts only ever grow. */
export interface RecordVersion {
  /** The job row's version. */
  version: number;
  /** Work done over all its tasks. */
  workDone: number;
}

/**
 * The last known record of a job, for fast reads. May be empty, late or gone; never wrong for longer than its TTL.
 * No method throws: a cache that is away reads as empty and forgets what it is told.
 */
export interface StatusCache {
  get(jobId: string): Promise<unknown | null>;
  /** Keeps the newer of what is there and what is given; what it keeps it passes on to the change feed. */
  put(
    job: { jobId: string; projectId: string },
    record: unknown,
    version: RecordVersion,
    ttlSeconds: number,
  ): Promise<void>;
  /** Leaves a tombstone, so that a late `put` does not bring the job back. False when it was not reached. */
  forget(jobId: string): Promise<boolean>;
}
