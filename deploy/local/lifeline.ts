import { spawn } from 'node:child_process';

/**
 * Ties a process group to the life of this process: should we die without a word (`kill -9`), the group is
 * told to stop and then killed. A shell waits at the other end of a pipe for that; only our death closes it.
 *
 * Returns how to let go, once the group has ended.
 */
export function tieToOurLife(groupId: number, stopSignal: NodeJS.Signals): () => void {
  const watcher = spawn(
    '/bin/sh',
    ['-c', WATCH, 'lifeline', String(groupId), stopSignal.replace(/^SIG/, '')],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    },
  );
  watcher.on('error', () => {});
  watcher.stdin.on('error', () => {});
  watcher.unref();
  return () => void watcher.stdin.end('let go\n');
}

const WATCH = `
read -r word && exit 0
kill -s "$2" -- "-$1" || exit 0
tenths=0
while kill -0 -- "-$1" && [ "$tenths" -lt 100 ]; do
  sleep 0.1
  tenths=$((tenths + 1))
done
kill -s KILL -- "-$1"
`;
