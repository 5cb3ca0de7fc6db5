import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/*
 * Signature Version 4 from the receiving side, written from AWS's description of it and sharing nothing with the
 * signer: what it accepts and refuses is proven on AWS's own examples.
 */

export interface SignedHttp {
  method: string;
  /** As it came in the request line. */
  path: string;
  /** Lower-case names; `host` is the one that was asked for. */
  headers: Readonly<Record<string, string>>;
}

export interface Verifier {
  region: string;
  secretOf(accessKeyId: string): string | undefined;
  nowMs: number;
}

export type Verdict =
  | 'ok'
  | 'unsigned'
  | 'malformed'
  | 'unknown-key'
  | 'wrong-scope'
  | 'expired'
  | 'mismatch';

const SKEW_MS = 15 * 60_000;
const LONGEST_SECONDS = 7 * 86_400;

export function verifySignature(request: SignedHttp, verifier: Verifier): Verdict {
  const [path = '', search = ''] = request.path.split('?', 2);
  const query = parseQuery(search);
  const claim = readClaim(query, request.headers);
  if (typeof claim === 'string') return claim;

  const [key = '', day = '', region = '', service = '', end = ''] = claim.credential.split('/');
  if (
    region !== verifier.region ||
    service !== 's3' ||
    end !== 'aws4_request' ||
    day !== claim.date.slice(0, 8)
  )
    return 'wrong-scope';
  const secret = verifier.secretOf(key);
  if (secret === undefined) return 'unknown-key';
  const signedAtMs = parseDate(claim.date);
  if (signedAtMs > verifier.nowMs + SKEW_MS || verifier.nowMs > signedAtMs + claim.goodForMs)
    return 'expired';
  if (!claim.signedHeaders.includes('host')) return 'malformed';

  const canonical = [
    request.method,
    path === '' ? '/' : path,
    canonicalQuery(query),
    ...claim.signedHeaders.map(
      (name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}`,
    ),
    '',
    claim.signedHeaders.join(';'),
    claim.payloadHash,
  ].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', claim.date, scope, sha256(canonical)].join('\n');
  const signature = hmac(signingKey(secret, day, region), text).toString('hex');
  return sameText(signature, claim.signature) ? 'ok' : 'mismatch';
}

interface Claim {
  credential: string;
  date: string;
  signedHeaders: string[];
  signature: string;
  payloadHash: string;
  goodForMs: number;
}

function readClaim(
  query: [string, string][],
  headers: SignedHttp['headers'],
): Claim | 'unsigned' | 'malformed' {
  const asked = Object.fromEntries(query);
  if (asked['X-Amz-Algorithm'] === 'AWS4-HMAC-SHA256') {
    const seconds = Number(asked['X-Amz-Expires']);
    if (!(seconds >= 1 && seconds <= LONGEST_SECONDS)) return 'malformed';
    return {
      credential: asked['X-Amz-Credential'] ?? '',
      date: asked['X-Amz-Date'] ?? '',
      signedHeaders: (asked['X-Amz-SignedHeaders'] ?? '').split(';'),
      signature: asked['X-Amz-Signature'] ?? '',
      payloadHash: headers['x-amz-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
      goodForMs: seconds * 1_000,
    };
  }
  const given = headers.authorization;
  if (given === undefined) return 'unsigned';
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/.exec(given);
  const payloadHash = headers['x-amz-content-sha256'];
  if (!parts || payloadHash === undefined) return 'malformed';
  const [, credential = '', signed = '', signature = ''] = parts;
  const date = headers['x-amz-date'] ?? '';
  return { credential, date, signedHeaders: signed.split(';'), signature, payloadHash, goodForMs: SKEW_MS };
}

function parseQuery(search: string): [string, string][] {
  if (search === '') return [];
  return search.split('&').map((pair) => {
    const at = pair.indexOf('=');
    const [name, value] = at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    return [decodeURIComponent(name.replaceAll('+', ' ')), decodeURIComponent(value.replaceAll('+', ' '))];
  });
}

function canonicalQuery(query: [string, string][]): string {
  return query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
}

/** RFC 3986, with a slash encoded. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function parseDate(text: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) return Number.NaN;
  const [year = 0, month = 0, ...rest] = parts.slice(1).map(Number);
  return Date.UTC(year, month - 1, ...(rest as [number, number, number, number]));
}

function signingKey(secret: string, day: string, region: string): Buffer {
  return [day, region, 's3', 'aws4_request'].reduce<Buffer>(hmac, Buffer.from(`AWS4${secret}`));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
