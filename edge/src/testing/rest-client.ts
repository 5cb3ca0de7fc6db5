import { z } from 'zod';
import type { Context } from '../context.ts';
import type { RequestMetrics, RequestRecord } from '../metrics/request-metrics.ts';
import { type MediaCache, noMediaCache } from '../playback/media-cache.ts';
import { createRest } from '../rest/rest.ts';

export interface RestAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The answer read as JSON, with a schema. */
  as<T>(schema: z.ZodType<T>): T;
}

export interface RestClient {
  /** A body that is no string goes as JSON. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<RestAnswer>;
  get(path: string, headers?: Record<string, string>): Promise<RestAnswer>;
  /** What was measured, in order. */
  measured: RequestRecord[];
}

/** How links of the answers begin. */
export const ORIGIN = 'https://edge.test';

/** The REST door in this process, over a context. */
export function restClient(
  ctx: Context,
  options: { mediaCache?: MediaCache; requestMetrics?: RequestMetrics } = {},
): RestClient {
  const rest = createRest();
  const measured: RequestRecord[] = [];
  const bindings = {
    context: ctx,
    mediaCache: options.mediaCache ?? noMediaCache,
    requestMetrics: options.requestMetrics ?? {
      record: async (request: RequestRecord) => {
        measured.push(request);
      },
      read: async () => ({}),
    },
  };
  const send: RestClient['send'] = async (method, path, body, headers = {}) => {
    const request = new Request(`${ORIGIN}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const response = await rest.fetch(request, bindings);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      as: (schema) => schema.parse(JSON.parse(text)),
    };
  };
  return { send, get: (path, headers) => send('GET', path, undefined, headers), measured };
}

export const problemShape = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
