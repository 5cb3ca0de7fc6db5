import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux (from 32,768) and macOS (from 49,152) lend to outgoing connections: one of those can be gone
 * between the look and the use.
 */
const LOWEST = 16_384;
const HIGHEST = 32_767;

/**
 * A TCP port nobody listens on at 127.0.0.1: `preferred` when it is free, otherwise any other. Two processes of this
 * project are never given the same one, however late they use it.
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred))) return preferred;
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST + 1 - LOWEST));
    if (!claimed.has(port) && (await isFree(port))) return port;
  }
  throw new Error('no free TCP port on 127.0.0.1');
}

async function isFree(port: number): Promise<boolean> {
  if (port < LOWEST || port > HIGHEST) return canListen(port);
  return (await claim(port)) && (await canListen(port));
}

const claimed = new Set<number>();

/** The UDP port of the same number, which nothing here uses, says until this process ends that the TCP port is given away. */
async function claim(port: number): Promise<boolean> {
  if (claimed.has(port)) return true;
  const socket = createSocket('udp4');
  try {
    const bound = once(socket, 'listening');
    socket.bind({ port, address: '127.0.0.1', exclusive: true });
    await bound;
  } catch {
    socket.close();
    return false;
  }
  socket.unref();
  claimed.add(port);
  return true;
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
