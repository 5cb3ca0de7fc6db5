const startedAt = performance.now();

/** Progress, with the seconds since the bench began: on standard error, so that standard output is the report. */
export function say(text: string): void {
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(5);
  process.stderr.write(`${seconds} s  ${text}\n`);
}
