import { type Dispatcher, request } from 'undici';
import { z } from 'zod';
import { type Nudge, type NudgeSource, NudgeSourceError, type Settlement } from './nudge-source.ts';

/** Pulled nudges are settled within moments; what a dead bridge held comes back after this long. */
const VISIBILITY_TIMEOUT_MS = 30_000;

/** Another bridge may have use for a nudge that is given back, but not in a tight loop. */
const GIVE_BACK_DELAY_SECONDS = 1;

const CALL_TIMEOUT_MS = 10_000;

export interface CloudflareQueueOptions {
  /** `https://api.cloudflare.com/client/v4` in production. */
  apiUrl: string;
  accountId: string;
  queueId: string;
  apiToken: string;
  dispatcher: Dispatcher;
}

const envelope = z.object({
  success: z.boolean(),
  errors: z.array(z.object({ code: z.number(), message: z.string() })).default([]),
  result: z.unknown().optional(),
});

const pullResult = z.object({
  messages: z.array(
    z.object({
      lease_id: z.string(),
      body: z.string(),
      timestamp_ms: z.number(),
      metadata: z.record(z.string(), z.unknown()).nullish(),
    }),
  ),
});

const metricsResult = z.object({ backlog_count: z.number() });

const nudgeBody = z.object({ taskId: z.string(), traceparent: z.string().nullish() });

/** Nudges from a Cloudflare Queue by its HTTP pull API. */
export function createCloudflareQueue(options: CloudflareQueueOptions): NudgeSource {
  const base = `${options.apiUrl}/accounts/${options.accountId}/queues/${options.queueId}`;

  async function call<T>(
    method: 'GET' | 'POST',
    path: string,
    body: object | null,
    result: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const response = await request(`${base}${path}`, {
      method,
      headers: { authorization: `Bearer ${options.apiToken}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
      headersTimeout: CALL_TIMEOUT_MS,
      bodyTimeout: CALL_TIMEOUT_MS,
      dispatcher: options.dispatcher,
      signal,
    }).catch((cause) => {
      throw new NudgeSourceError(`${method} ${path}: no answer`, 0, { cause });
    });
    const text = await response.body.text().catch((cause) => {
      throw new NudgeSourceError(`${method} ${path}: the answer broke off`, 0, { cause });
    });
    const answer = envelope.safeParse(parseJson(text));
    const status = response.statusCode;
    if (!answer.success)
      throw new NudgeSourceError(`${method} ${path}: ${status}, not Cloudflare's envelope`, status);
    if (status >= 400 || !answer.data.success) {
      const errors = answer.data.errors.map((error) => `${error.code} ${error.message}`).join('; ');
      throw new NudgeSourceError(`${method} ${path}: ${status} ${errors}`, status);
    }
    const parsed = result.safeParse(answer.data.result);
    if (!parsed.success) {
      throw new NudgeSourceError(`${method} ${path}: ${z.prettifyError(parsed.error)}`, status);
    }
    return parsed.data;
  }

  return {
    async pull(max, signal) {
      const body = { batch_size: max, visibility_timeout_ms: VISIBILITY_TIMEOUT_MS };
      const { messages } = await call('POST', '/messages/pull', body, pullResult, signal);
      return messages.map(toNudge);
    },
    async settle(settlement, signal) {
      await call('POST', '/messages/ack', toAcks(settlement), z.unknown(), signal);
    },
    async depth(signal) {
      return (await call('GET', '/metrics', null, metricsResult, signal)).backlog_count;
    },
  };
}

/** A body that nobody understands is still a nudge: it is looked at and settled like any other. */
function toNudge(message: z.infer<typeof pullResult>['messages'][number]): Nudge {
  const contentType = message.metadata?.['CF-Content-Type'];
  // The pull API encodes "json" and "bytes" bodies as base64; "text" comes as it is.
  const text =
    contentType === 'json' || contentType === 'bytes'
      ? Buffer.from(message.body, 'base64').toString('utf8')
      : message.body;
  const body = nudgeBody.safeParse(parseJson(text));
  return {
    receipt: message.lease_id,
    taskId: body.success ? body.data.taskId : null,
    traceparent: (body.success && body.data.traceparent) || null,
    sentAt: message.timestamp_ms,
  };
}

function toAcks(settlement: Settlement): object {
  return {
    acks: settlement.done.map((nudge) => ({ lease_id: nudge.receipt })),
    retries: settlement.again.map((nudge) => ({
      lease_id: nudge.receipt,
      delay_seconds: GIVE_BACK_DELAY_SECONDS,
    })),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
