import type { z } from 'zod';
import { ApiError } from './api-error.ts';
import { type Env, queueObject } from './env.ts';
import { failure, success } from './envelope.ts';
import { encodeBody, type NewMessage } from './message.ts';
import { ACCOUNT_ID, QUEUES, type QueueSettings } from './queues.ts';
import { readBody } from './read-body.ts';
import {
  ackSchema,
  peekSchema,
  pullSchema,
  purgeMessagesSchema,
  purgeQueueSchema,
  sendBatchSchema,
  sendSchema,
} from './request-schemas.ts';

const MAX_BATCH_BYTES = 256_000;

/** Answers `/client/v4/accounts/{account_id}/queues/{queue_id}/…` as Cloudflare's API does. */
export async function answer(request: Request, env: Env): Promise<Response> {
  try {
    const { pathname } = new URL(request.url);
    const [, accountId, queueId, action] = PATH.exec(pathname) ?? [];
    if (accountId === undefined || queueId === undefined || action === undefined)
      throw new ApiError('no_route');
    authorize(request, env, accountId);
    return success(await perform(request, env, findQueue(queueId), action));
  } catch (error) {
    return failure(error);
  }
}

const PATH = /^\/client\/v4\/accounts\/([^/]+)\/queues\/([^/]+)\/(.+)$/;

function authorize(request: Request, env: Env, accountId: string): void {
  const authorization = request.headers.get('authorization');
  if (authorization === null) throw new ApiError('unauthenticated');
  if (authorization !== `Bearer ${env.API_TOKEN}` || accountId !== ACCOUNT_ID)
    throw new ApiError('forbidden');
}

function findQueue(queueId: string): QueueSettings {
  if (!/^[0-9a-zA-Z]+$/.test(queueId)) throw new ApiError('queue_id_malformed');
  const queue = QUEUES.find(({ id }) => id === queueId);
  if (queue === undefined) throw new ApiError('queue_not_found');
  return queue;
}

async function perform(request: Request, env: Env, { id, name }: QueueSettings, action: string) {
  const object = queueObject(env);
  switch (`${request.method} ${action}`) {
    case 'POST messages/pull': {
      const asked = await readBody(request, pullSchema);
      const messages = await object.pull(id, asked.batch_size, asked.visibility_timeout_ms);
      const metrics = await object.metrics(id);
      return { message_backlog_count: metrics.backlog_count, messages, metadata: { metrics } };
    }
    case 'POST messages/ack': {
      const { acks, retries } = await readBody(request, ackSchema);
      const settled = await object.settle(
        id,
        acks.map((ack) => ack.lease_id),
        retries.map((retry) => ({ leaseId: retry.lease_id, delayMs: retry.delay_seconds * 1000 })),
      );
      const warnings = settled.unknown.map((leaseId) => [leaseId, 'no message has this lease']);
      return {
        ackCount: settled.acked,
        retryCount: settled.retried,
        warnings: Object.fromEntries(warnings),
      };
    }
    case 'POST messages/peek': {
      const asked = await readBody(request, peekSchema);
      return { messages: await object.peek(id, asked.batch_size) };
    }
    case 'POST messages/purge': {
      const { refs } = await readBody(request, purgeMessagesSchema);
      const unknown = await object.purgeMessages(
        id,
        refs.map(({ ref }) => ref),
      );
      const warnings = unknown.map((ref) => [ref, 'no message has this reference']);
      return { errors: [], warnings: Object.fromEntries(warnings) };
    }
    case 'POST purge': {
      await readBody(request, purgeQueueSchema);
      await object.purge(id);
      return { queue_id: id, queue_name: name };
    }
    case 'POST messages': {
      const message = newMessage(await readBody(request, sendSchema), 0);
      await object.send(id, [message]);
      return { metadata: { metrics: await object.metrics(id) } };
    }
    case 'POST messages/batch': {
      const { messages, delay_seconds } = await readBody(request, sendBatchSchema);
      const batch = messages.map((message) => newMessage(message, delay_seconds));
      const sizeBytes = batch.reduce((sum, message) => sum + message.sizeBytes, 0);
      if (sizeBytes > MAX_BATCH_BYTES) throw new ApiError('batch_size_out_of_bounds');
      await object.send(id, batch);
      return { metadata: { metrics: await object.metrics(id) } };
    }
    case 'GET metrics':
      return await object.metrics(id);
    default:
      throw new ApiError(ACTIONS.has(action) ? 'method_not_allowed' : 'no_route');
  }
}

function newMessage(asked: z.output<typeof sendSchema>, defaultDelaySeconds: number): NewMessage {
  const { content_type: contentType, body, delay_seconds = defaultDelaySeconds } = asked;
  return { contentType, ...encodeBody(contentType, body), delayMs: delay_seconds * 1000 };
}

const ACTIONS = new Set([
  'messages/pull',
  'messages/ack',
  'messages/peek',
  'messages/purge',
  'messages',
  'messages/batch',
  'purge',
  'metrics',
]);
