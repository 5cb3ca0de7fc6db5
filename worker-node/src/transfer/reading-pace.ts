import type { ServerResponse } from 'node:http';
import type { Clock } from '../clock/clock.ts';
import { unreadBytes } from './unread-bytes.ts';

/** How far the reader of an answer is. */
export interface ReadingPace {
  /** Until the reader has read all but about so many bytes of what it was sent, or has gone. */
  untilRead(allBut: number): Promise<void>;
  /** What the reader went through in so many milliseconds when it was last looked at; 0 before that. */
  bytesIn(ms: number): number;
}

const LEAST_WAIT_MS = 40;
const MOST_WAIT_MS = 1000;
/** Close enough: one look more costs more than these bytes do. */
const SLACK = 1.25;

interface Look {
  atMs: number;
  /** Bytes that had been read by then, since the connection began. */
  read: number;
}

/**
 * What is in storage alone is fetched for readers who come that far, not for the kernel's buffers. The kernel walks
 * through all its connections to tell where one is, for milliseconds, so a look is put where the reader should be
 * through at the pace it has shown so far.
 */
export function readingPace(clock: Clock, { socket }: ServerResponse): ReadingPace {
  let last: Look | null = null;
  let bytesPerMs = 0;

  async function untilRead(allBut: number): Promise<void> {
    // The first look is for those that are through already; further ones have time.
    let leastMs = 0;
    while (socket && !socket.destroyed) {
      await clock.sleep(Math.min(MOST_WAIT_MS, Math.max(leastMs, expectedWaitMs(allBut))));
      leastMs = Math.min(MOST_WAIT_MS, Math.max(LEAST_WAIT_MS, bytesPerMs > 0 ? 0 : 2 * leastMs));
      const unread = await unreadBytes(socket);
      if (unread === null) return;
      note({ atMs: clock.monotonic(), read: socket.bytesWritten - unread });
      if (unread <= allBut * SLACK) return;
    }
  }

  /** Until all but so many bytes should have been read; 0 while there is no pace to go by. */
  function expectedWaitMs(allBut: number): number {
    if (!socket || !last || bytesPerMs <= 0) return 0;
    const readByNow = last.read + bytesPerMs * (clock.monotonic() - last.atMs);
    return (socket.bytesWritten - allBut - readByNow) / bytesPerMs;
  }

  function note(look: Look): void {
    const ms = last ? look.atMs - last.atMs : 0;
    const bytes = last ? look.read - last.read : 0;
    // One that reads nothing at all waits for something else, such as its encoder.
    if (ms > 0 && bytes > 0) bytesPerMs = bytes / ms;
    last = look;
  }

  return { untilRead, bytesIn: (ms) => bytesPerMs * ms };
}
