import type { Fetcher } from './fetcher.ts';

interface OutboundEnv {
  /** Hosts that the operator has named in the configuration, with their ports. */
  NAMED_HOSTS: string[];
  /** Reaches every address. */
  ANYWHERE: Fetcher;
  /** Reaches public addresses only, whatever a name resolves to. */
  PUBLIC: Fetcher;
}

/**
 * Everything that the edge fetches passes here. On Cloudflare a Worker reaches public addresses and nothing else; so it is
 * here, but for the services whose addresses the operator configured. A webhook can not be pointed at the inside.
 */
export default {
  fetch(request: Request, env: OutboundEnv): Promise<Response> {
    const { host } = new URL(request.url);
    return (env.NAMED_HOSTS.includes(host) ? env.ANYWHERE : env.PUBLIC).fetch(request);
  },
};
