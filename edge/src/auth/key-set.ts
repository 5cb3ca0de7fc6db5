import type { JSONWebKeySet } from 'jose';
import { z } from 'zod';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';

const FRESH_MS = 10 * 60_000;
/** A provider out of reach locks nobody out for this long. */
const USABLE_MS = 60 * 60_000;
const REFRESH_EVERY_MS = 30_000;
const RETRY_AFTER_MS = 5_000;
const FETCH_WITHIN_MS = 5_000;
const MAX_CHARACTERS = 256 * 1024;

/** The keys of the identity provider as last fetched. */
export interface KeySetMemory {
  set: JSONWebKeySet | null;
  fetchedAt: number;
  /** No sooner is the provider asked again. */
  askAgainAt: number;
}

export function newKeySetMemory(): KeySetMemory {
  return { set: null, fetchedAt: 0, askAgainAt: 0 };
}

const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

/**
 * The provider's public keys. Kept for ten minutes; asked for again when one was missing from them, at most every 30
 * seconds. Refuses with `identity_provider_unavailable`.
 */
export async function loadKeySet(
  ctx: Context,
  jwksUrl: string,
  keyWasMissing: boolean,
): Promise<JSONWebKeySet> {
  const memory = ctx.access.keySet;
  const now = ctx.now();
  const usable = memory.set !== null && now < memory.fetchedAt + USABLE_MS ? memory.set : null;
  const fresh = usable !== null && now < memory.fetchedAt + FRESH_MS && !keyWasMissing;
  if (usable && (fresh || now < memory.askAgainAt)) return usable;
  if (now < memory.askAgainAt) throw unavailable();
  // Requests that come meanwhile do with the keys there are; where there are none, each asks for itself.
  if (usable) memory.askAgainAt = now + REFRESH_EVERY_MS;
  try {
    memory.set = await fetchKeySet(jwksUrl);
    memory.fetchedAt = ctx.now();
    memory.askAgainAt = ctx.now() + REFRESH_EVERY_MS;
    return memory.set;
  } catch (error) {
    ctx.log.warn('could not read the keys of the identity provider', { err: error });
    memory.askAgainAt = ctx.now() + RETRY_AFTER_MS;
    if (usable) return usable;
    throw unavailable(error);
  }
}

async function fetchKeySet(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(FETCH_WITHIN_MS),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`the provider answered ${response.status}`);
  if (text.length > MAX_CHARACTERS) throw new Error('the provider answered too much');
  return keySet.parse(JSON.parse(text));
}

function unavailable(cause?: unknown): Refusal {
  return new Refusal(
    'identity_provider_unavailable',
    'The keys that sign tokens cannot be read. Try again.',
    {
      retryAfterSeconds: RETRY_AFTER_MS / 1000,
      cause,
    },
  );
}
