import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** `+1700000000.123456 [0 127.0.0.1:50000] "get" …`; what a script does by itself is of `lua`. */
const COMMAND = /^\+[\d.]+ \[\d+ (?!lua)[^\]]*\] "(\w+)"/;
/** A connection says who it is with these. */
const GREETINGS = new Set(['hello', 'client', 'auth', 'select', 'ping']);

export interface CommandCounter {
  /** Commands that Redis was sent since counting began; a script is one. */
  count(): number;
  stop(): void;
}

/** Has Redis tell of every command. */
export async function countCommands(redisUrl: string): Promise<CommandCounter> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let count = 0;
  const lines = createInterface(socket);
  const begun = once(lines, 'line');
  lines.on('line', (line) => {
    const command = COMMAND.exec(line)?.[1]?.toLowerCase();
    if (command !== undefined && !GREETINGS.has(command)) count += 1;
  });
  socket.write('MONITOR\r\n');
  await begun;
  return { count: () => count, stop: () => socket.destroy() };
}
