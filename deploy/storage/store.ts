import { randomUUID } from 'node:crypto';
import { presign, type S3Settings } from '../../edge/src/storage/s3-requests.ts';
import { openS3Storage } from '../../edge/src/storage/s3-storage.ts';
import type { Storage } from '../../edge/src/storage/storage.ts';

/** What the rules are tried with: the product's own storage and signer, and plain HTTP for what clients do. */
export interface Store {
  storage: Storage;
  /** A key of this run that nothing else uses. */
  newKey(name?: string): string;
  /** Signed `ageSeconds` ago. */
  sign(request: {
    method: 'GET' | 'HEAD' | 'PUT';
    key: string;
    signedHeaders?: Record<string, string>;
    expiresInSeconds?: number;
    ageSeconds?: number;
  }): Promise<string>;
  send(url: string, init?: RequestInit): Promise<Answer>;
  /** Everything below this was made by this run. */
  prefix: string;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

const ANSWER_WITHIN_MS = 60_000;

export function openStore(settings: S3Settings, send: typeof fetch = fetch): Store {
  const prefix = `objects/storage-contract/${randomUUID()}/`;
  const surroundings = { now: () => Date.now(), fraction: Math.random, signingKeys: new Map(), fetch: send };
  return {
    storage: openS3Storage(settings, surroundings),
    prefix,
    newKey: (name = 'clip.mp4') => `${prefix}${randomUUID()}/${name}`,
    sign: ({ ageSeconds = 0, expiresInSeconds = 60, ...request }) =>
      presign(
        settings,
        { ...surroundings, signingKeys: new Map(), now: () => Date.now() - ageSeconds * 1_000 },
        { ...request, expiresInSeconds },
      ),
    async send(url, init) {
      const response = await send(url, { ...init, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      return { status: response.status, headers: response.headers, text: await response.text() };
    },
  };
}

/** Takes away what a run left. At most so many pages, whatever the store says. */
export async function sweep({ storage, prefix }: Store): Promise<void> {
  for (let page = 0; page < 10; page += 1) {
    const keys = await storage.list(prefix);
    if (keys.length === 0) return;
    for (let left = keys; left.length > 0; ) left = left.slice(await storage.deleteMany(left));
  }
}
