import type { Context } from '../context.ts';
import { eraseObjects } from '../jobs/erase-objects.ts';
import { attempted } from '../log.ts';
import { expireUploads } from '../uploads/expire-uploads.ts';
import { reap } from './reap.ts';
import { relayNudges } from './relay.ts';

/** What time makes wrong, put right in one bounded pass. No part stops another: the queue may be away, storage too. */
export async function maintain(ctx: Context): Promise<void> {
  await attempted('reap', reap(ctx));
  await Promise.all([
    attempted('relay nudges', relayNudges(ctx)),
    attempted('erase objects', eraseObjects(ctx)),
    attempted('expire uploads', expireUploads(ctx)),
  ]);
}
