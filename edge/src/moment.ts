import { z } from 'zod';

const MAX_CHARACTERS = 64;
/** The years 1 to 9999, in UTC. */
const FIRST_MS = -62_135_596_800_000;
const LAST_MS = 253_402_300_799_999;

/**
 * A moment as clients write it, handed on in UTC and to the millisecond: Postgres knows fewer offsets, digits and years
 * than ISO 8601.
 */
export function moment() {
  return z.iso
    .datetime({ offset: true })
    .max(MAX_CHARACTERS)
    .refine(isKnownYear, 'must lie in the years 1 to 9999')
    .overwrite((text) => (isKnownYear(text) ? new Date(text).toISOString() : text));
}

function isKnownYear(text: string): boolean {
  const ms = Date.parse(text);
  return ms >= FIRST_MS && ms <= LAST_MS;
}
