import { createClient, RESP_TYPES } from 'redis';

const open = (url: string) =>
  createClient({
    url,
    // Upstash answers in RESP2's shapes: a hash is a flat list.
    RESP: 2,
    disableClientInfo: true,
    socket: { reconnectStrategy: false, connectTimeout: 1_000 },
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  });

export type RedisConnection = ReturnType<typeof open>;

export interface RedisConnections {
  /** Lends a connection to one caller alone. Fails within `timeoutMs`, whatever Redis does. */
  use<T>(task: (connection: RedisConnection) => Promise<T>): Promise<T>;
  close(): void;
}

/**
 * Connections to one Redis, made when asked for and kept. None of them reconnects by itself: while Redis is away
 * every use fails at once, and the first one after its return succeeds.
 */
export function redisConnections(url: string, timeoutMs: number): RedisConnections {
  const idle = new Set<RedisConnection>();
  let isClosed = false;

  const take = (): RedisConnection => {
    for (const connection of idle) {
      idle.delete(connection);
      return connection;
    }
    const connection = open(url);
    // One that breaks fails what runs on it, or is connected anew by the next to take it.
    connection.on('error', () => {});
    return connection;
  };

  return {
    use: async (task) => {
      const connection = take();
      try {
        const result = await within(timeoutMs, async () => {
          if (!connection.isOpen) await connection.connect();
          return task(connection);
        });
        if (isClosed) drop(connection);
        else if (connection.isReady) idle.add(connection);
        return result;
      } catch (error) {
        drop(connection);
        throw error;
      }
    },
    close: () => {
      isClosed = true;
      for (const connection of idle) drop(connection);
      idle.clear();
    },
  };
}

function drop(connection: RedisConnection): void {
  if (connection.isOpen) connection.destroy();
}

async function within<T>(timeoutMs: number, task: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await Promise.race([task(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
