/** A running child process as execa gives it: settles when the process has ended. */
type Child = PromiseLike<unknown> & { kill(signal: 'SIGKILL'): boolean };

/** One per process, like the exit it waits for: a listener for each child would pass Node's limit of listeners. */
const alive = new Set<Child>();

process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/**
 * A child that is still there when this process exits is killed: whoever asks twice does not wait for one that is stuck,
 * and a polite signal may be ignored.
 */
export function killOnExit(child: Child): void {
  const gone = () => void alive.delete(child);
  alive.add(child);
  child.then(gone, gone);
}
