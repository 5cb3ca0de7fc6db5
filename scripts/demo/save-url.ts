import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Downloads into a file, and makes its folder. */
export async function saveUrl(url: string, file: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { signal });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error(`${withoutQuery(url)} answered ${response.status}`);
  }
  await mkdir(dirname(file), { recursive: true });
  await pipeline(Readable.fromWeb(response.body), createWriteStream(file), { signal });
}

/** The signature is nobody's business. */
function withoutQuery(url: string): string {
  return url.split('?', 1)[0] ?? url;
}
