import { type Env, queueObject } from './env.ts';
import { contentTypeOf, encodeBody } from './message.ts';
import { QUEUES } from './queues.ts';
import { answer } from './rest-api.ts';

export { QueueObject } from './queue-object.ts';

/**
 * Cloudflare's queues with their pull API, for one machine. The local runtime only pushes, and forgets what it
 * has not pushed yet; so this Worker is the push consumer, keeps what it gets, and answers pulls.
 */
export default {
  async queue(batch, env) {
    const queue = QUEUES.find(({ name }) => name === batch.queue);
    if (queue === undefined) throw new Error(`unknown queue ${batch.queue}`);
    const messages = batch.messages.map(({ body, timestamp }) => {
      const contentType = contentTypeOf(body);
      return { contentType, ...encodeBody(contentType, body), timestampMs: timestamp.getTime(), delayMs: 0 };
    });
    await queueObject(env).send(queue.id, messages);
  },

  async fetch(request, env) {
    // Of ours, not of Cloudflare's: for whoever looks after the process.
    if (new URL(request.url).pathname === '/health') return Response.json({ status: 'ok' });
    return await answer(request, env);
  },
} satisfies ExportedHandler<Env>;
