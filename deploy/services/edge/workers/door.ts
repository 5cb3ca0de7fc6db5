import { sharedRateLimiter } from './shared-rate-limiter.js';
import edge from './worker.js';

/*
 * The first module of the edge's isolate: it does what Cloudflare's network does before a Worker is called, and hands
 * on to the very bundle that Cloudflare runs.
 */

interface DoorEnv {
  /** In lower case. The header in which a proxy in front names the caller's address; empty when there is none. */
  CLIENT_ADDRESS_HEADER: string;
  [binding: string]: unknown;
}

type CfRequest = Request & { cf?: { clientIp?: string } };

const withPlatform = (env: DoorEnv) => ({ ...env, RATE_LIMITER: sharedRateLimiter(env) });

export default {
  fetch(request: CfRequest, env: DoorEnv, execution: unknown): Promise<Response> {
    const headers = new Headers(request.headers);
    headers.set('cf-connecting-ip', callerAddress(request, env.CLIENT_ADDRESS_HEADER));
    return edge.fetch(new Request(request, { headers }), withPlatform(env), execution);
  },

  scheduled(controller: unknown, env: DoorEnv, execution: unknown): Promise<void> {
    return edge.scheduled(controller, withPlatform(env), execution);
  },
};

/** The last entry of the header is the one that the nearest proxy wrote; those before it are anybody's claim. */
function callerAddress(request: CfRequest, header: string): string {
  const told = header === '' ? undefined : request.headers.get(header)?.split(',').at(-1)?.trim();
  if (told) return told;
  const peer = request.cf?.clientIp ?? '';
  return peer.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') || 'unknown';
}
