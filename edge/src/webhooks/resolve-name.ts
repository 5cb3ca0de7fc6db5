import { z } from 'zod';
import type { Outbound } from './outbound.ts';

const TIMEOUT_MS = 3_000;
const NO_ERROR = 0;
/** Numbers of the record types in answers; others, such as aliases on the way, are passed over. */
const RECORDS = { A: 1, AAAA: 28 } as const;

const answer = z.object({
  Status: z.int(),
  Answer: z.array(z.object({ type: z.int(), data: z.string() })).optional(),
});

/**
 * The addresses of a name, asked over HTTPS since Workers have no resolver of their own. Null when the name has none,
 * or when nobody could say.
 */
export async function resolveName(
  outbound: Outbound,
  dnsOverHttpsUrl: string,
  name: string,
): Promise<string[] | null> {
  try {
    const found = await Promise.all([
      lookUp(outbound, dnsOverHttpsUrl, name, 'A'),
      lookUp(outbound, dnsOverHttpsUrl, name, 'AAAA'),
    ]);
    const addresses = found.flat();
    return addresses.length > 0 ? addresses : null;
  } catch {
    return null;
  }
}

/** Throws when the resolver does not answer, or not with success: half an answer would hide the other half. */
async function lookUp(
  outbound: Outbound,
  dnsOverHttpsUrl: string,
  name: string,
  type: keyof typeof RECORDS,
): Promise<string[]> {
  const url = new URL(dnsOverHttpsUrl);
  url.searchParams.set('name', name);
  url.searchParams.set('type', type);
  const response = await outbound.fetch(url.href, {
    headers: { accept: 'application/dns-json' },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the resolver answered ${response.status}`);
  }
  const { Status, Answer = [] } = answer.parse(await response.json());
  if (Status !== NO_ERROR) throw new Error(`the resolver answered with status ${Status}`);
  return Answer.filter((record) => record.type === RECORDS[type]).map((record) => record.data);
}
