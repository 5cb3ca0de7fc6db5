/**
 * News of jobs as they change, from whichever isolate. May be late, incomplete or silent: it only says earlier what the
 * database says too.
 */
export interface ChangeFeed {
  /**
   * Listens until the signal ends it. Resolves once nothing can be missed any more.
   *
   * @param onRecord Given what was put into the status cache: a job's record, unchecked.
   * @param onLost The feed has ended by itself; nothing more comes.
   */
  listen(
    channel: { jobId: string } | { projectId: string },
    signal: AbortSignal,
    handlers: { onRecord: (record: unknown) => void; onLost: () => void },
  ): Promise<void>;
}
