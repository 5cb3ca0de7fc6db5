import type { ServerHttp2Session } from 'node:http2';
import type { Clock } from '../clock/clock.ts';

const PING_EVERY_MS = 30_000;

/** Pings the other side and ends a connection that does not answer until the next ping. Returns what stops it. */
export function keepAlive(clock: Clock, session: Pick<ServerHttp2Session, 'ping' | 'destroy'>): () => void {
  let takeBack = () => {};

  function ping(): void {
    let answered = false;
    const sent = session.ping((error) => {
      answered = error === null;
    });
    takeBack = clock.setTimer(PING_EVERY_MS, () => (sent && answered ? ping() : session.destroy()));
  }

  takeBack = clock.setTimer(PING_EVERY_MS, ping);
  return () => takeBack();
}
