import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';

const secretsSchema = z.object({
  /** What the bridge shows to the edge, and workers to the bridge. */
  fleetToken: z.string().min(16),
  /** Signs playback paths. */
  playbackSecret: z.string().min(16),
  queueToken: z.string().min(16),
  redisToken: z.string().min(16),
});

export type Secrets = z.infer<typeof secretsSchema>;

/** The secrets of one state folder: made at random the first time, the same ever after. */
export async function keepSecrets(file: string): Promise<Secrets> {
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return secretsSchema.parse(JSON.parse(kept));
  const secrets = {
    fleetToken: randomSecret(),
    playbackSecret: randomSecret(),
    queueToken: randomSecret(),
    redisToken: randomSecret(),
  };
  await writeFile(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  return secrets;
}

function randomSecret(): string {
  return randomBytes(24).toString('base64url');
}
