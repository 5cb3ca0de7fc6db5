import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/**
 * Bytes that were written to a loopback connection and that its other end has not read: they wait in the kernel, which
 * takes megabytes. Null where the kernel does not tell.
 */
export async function unreadBytes(socket: Socket): Promise<number | null> {
  const { localPort, remotePort } = socket;
  const table = await readFile('/proc/net/tcp', 'latin1').catch(() => null);
  if (table === null || localPort === undefined || remotePort === undefined) return null;
  const sent = queues(table, localPort, remotePort);
  const received = queues(table, remotePort, localPort);
  return sent && received && socket.writableLength + sent.tx + received.rx;
}

/** A line of proc(5)'s /proc/net/tcp: number, local and remote address, state, tx_queue:rx_queue; all in hex. */
function queues(table: string, local: number, remote: number): { tx: number; rx: number } | null {
  const port = (number: number) => number.toString(16).toUpperCase().padStart(4, '0');
  const line = new RegExp(`0100007F:${port(local)} 0100007F:${port(remote)} \\w+ (\\w+):(\\w+)`).exec(table);
  return line && { tx: Number.parseInt(line[1] ?? '', 16), rx: Number.parseInt(line[2] ?? '', 16) };
}
