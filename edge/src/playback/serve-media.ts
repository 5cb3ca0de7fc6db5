import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { findMedia, type MediaRef } from './find-media.ts';
import type { MediaCache } from './media-cache.ts';
import { mediaType } from './media-type.ts';
import { storageConditions } from './storage-conditions.ts';

export interface MediaRequest {
  jobId: string;
  ref: MediaRef;
  /** Only the headers are wanted. */
  headOnly: boolean;
  /** The request's; ranges and validators are honoured. */
  headers: Headers;
}

/** The object behind a URL never changes; `private`, since the URL is a secret that expires. */
const FOR_VIEWERS = 'private, max-age=31536000, immutable';
/** Short here, so that an erased job is gone from the edge's caches within the hour. */
const FOR_THE_EDGE = 'public, max-age=3600';
const WHOLE_FILMS = /\.(?:mp4|m4a)$/;
const PASSED_TO_VIEWERS = ['content-length', 'content-range', 'etag', 'last-modified'];

/**
 * Streams one object of a job's playback. The edge caches it under a name that leaves the token out, so whoever gets
 * here must have been let in by `openPlayback`. Whole films are too large for the cache: they come from storage.
 */
export async function serveMedia(ctx: Context, cache: MediaCache, request: MediaRequest): Promise<Response> {
  const name = cacheName(request);
  const cached =
    request.headOnly || name === null
      ? undefined
      : await cache.match(name, new Headers(storageConditions(request.headers)));
  if (cached) return withHeaders(cached, request, FOR_VIEWERS);

  const key = await findMedia(ctx, request.jobId, request.ref);
  if (!key) throw missing();
  if (request.headOnly) return describe(ctx, key, request);

  const stored = await ctx.storage.get(key, storageConditions(request.headers));
  if (stored.status === 404) {
    await stored.body?.cancel();
    throw missing();
  }
  if (stored.status === 416) {
    await stored.body?.cancel();
    return new Response(null, { status: 416, headers: { 'cache-control': 'no-store' } });
  }
  if (stored.status === 200 && name !== null) {
    ctx.waitUntil(cache.put(name, withHeaders(stored.clone(), request, FOR_THE_EDGE)));
  }
  return withHeaders(stored, request, FOR_VIEWERS);
}

async function describe(ctx: Context, key: string, request: MediaRequest): Promise<Response> {
  const object = await ctx.storage.head(key);
  if (!object) throw missing();
  const headers = { 'content-length': String(object.sizeBytes), etag: object.etag };
  return withHeaders(new Response(null, { headers }), request, FOR_VIEWERS);
}

function withHeaders(response: Response, { ref }: MediaRequest, cacheControl: string): Response {
  const headers = pick(response.headers, PASSED_TO_VIEWERS);
  headers.set('content-type', mediaType(ref));
  headers.set('cache-control', cacheControl);
  headers.set('accept-ranges', 'bytes');
  return new Response(response.body, { status: response.status, headers });
}

function cacheName({ jobId, ref }: MediaRequest): string | null {
  const folder = `https://playback.millrace.internal/${jobId}`;
  switch (ref.kind) {
    case 'init':
      return `${folder}/${ref.track}/init`;
    case 'segment':
      return `${folder}/${ref.track}/${ref.number}`;
    case 'file':
      return WHOLE_FILMS.test(ref.name) ? null : `${folder}/${ref.name}`;
    default:
      return ref satisfies never;
  }
}

function pick(headers: Headers, names: string[]): Headers {
  const picked = new Headers();
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) picked.set(name, value);
  }
  return picked;
}

function missing(): Refusal {
  return new Refusal('object_not_found', 'The job has no such object.');
}
