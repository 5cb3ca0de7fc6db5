import type { FastifyInstance } from 'fastify';
import type { Clock } from '../clock/clock.ts';
import { within } from '../clock/within.ts';

/** Long enough for answers that are being written. */
export const CLOSE_LIMIT_MS = 2_000;

/** Stops listening and lets open requests end; those that do not are cut off when the process exits. */
export async function closeServer(clock: Clock, server: FastifyInstance): Promise<void> {
  await within(clock, CLOSE_LIMIT_MS, undefined, async () => server.close()).catch(() => {});
}
