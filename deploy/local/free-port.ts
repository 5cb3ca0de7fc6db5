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
 * A TCP port nobody listens on at 127.0.0.1: `preferred` when it is free, otherwise any other. Of those others no two
 * processes of this project are given the same one, however late they use it.
 */
export async function freePort(preferred?: number): Promise<number> {
  // Whoever named it may have been given it, and be who starts this process.
  if (preferred !== undefined && (await canListen(preferred))) return preferred;
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST + 1 - LOWEST));
    if ((await claim(port)) && (await canListen(port))) return port;
  }
  throw new Error('no free TCP port on 127.0.0.1');
}

/** The UDP port of the same number, which nothing here uses, says until this process ends that the TCP port is given away. */
async function claim(port: number): Promise<boolean> {
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
