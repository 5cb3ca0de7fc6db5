import { parseArgs } from 'node:util';
import { z } from 'zod';
import { deadNudges } from './drain-dead-nudges.ts';

/**
 * `npm run dead-nudges -- [--drain]`: how many messages lie in the dead-letter queue, and away with them. They are hints:
 * the tasks they name were nudged anew long ago.
 */
const { values } = parseArgs({ options: { drain: { type: 'boolean', default: false } } });

const settings = z
  .object({
    QUEUE_API_URL: z.url().default('https://api.cloudflare.com/client/v4'),
    CLOUDFLARE_ACCOUNT_ID: z.string().min(1),
    DEAD_LETTER_QUEUE_ID: z.string().min(1),
    QUEUE_API_TOKEN: z.string().min(1),
  })
  .safeParse(process.env);
if (!settings.success) {
  console.error(z.prettifyError(settings.error));
  process.exit(2);
}
const { QUEUE_API_URL, CLOUDFLARE_ACCOUNT_ID, DEAD_LETTER_QUEUE_ID, QUEUE_API_TOKEN } = settings.data;
const queue = deadNudges({
  url: `${QUEUE_API_URL}/accounts/${CLOUDFLARE_ACCOUNT_ID}/queues/${DEAD_LETTER_QUEUE_ID}`,
  token: QUEUE_API_TOKEN,
});
const { count, oldestAt } = await queue.look();
console.log(`dead nudges: ${count}${oldestAt === null ? '' : `, the oldest of ${oldestAt}`}`);
if (values.drain && count > 0) {
  await queue.drain();
  console.log('drained');
}
