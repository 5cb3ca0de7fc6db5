import { z } from 'zod';
import type { Context } from '../context.ts';
import type { Counters } from '../metrics/counters.ts';
import { type MediaCache, noMediaCache } from '../playback/media-cache.ts';
import { createRest } from '../rest/rest.ts';
import type { RestEnv } from '../rest/rest-env.ts';

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
  /** As the Worker is called: for what is no REST. */
  fetch(request: Request): Promise<Response>;
  /** Fields that were counted, in order; see `countRequest`. */
  counted: string[];
}

/** How links of the answers begin. */
export const ORIGIN = 'https://edge.test';

/** The REST door in this process, over a context. */
export function restClient(
  ctx: Context,
  options: { mediaCache?: MediaCache; counters?: Counters } = {},
): RestClient {
  const rest = createRest();
  const counted: string[] = [];
  const bindings: RestEnv['Bindings'] = {
    context: ctx,
    mediaCache: options.mediaCache ?? noMediaCache,
    counters: options.counters ?? {
      add: async (increments) => {
        counted.push(...increments.map(([field]) => field));
      },
      read: async () => ({}),
      keepStored: async () => {},
      readStored: async () => null,
    },
  };
  const answer = async (request: Request) => rest.fetch(request, bindings);
  const send: RestClient['send'] = async (method, path, body, headers = {}) => {
    const request = new Request(`${ORIGIN}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const response = await answer(request);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      as: (schema) => schema.parse(JSON.parse(text)),
    };
  };
  return { send, get: (path, headers) => send('GET', path, undefined, headers), fetch: answer, counted };
}

export const problemShape = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  code: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
