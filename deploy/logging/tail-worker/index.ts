import type { ExportedHandler } from '@cloudflare/workers-types';
import { linesOf } from './lines-of.ts';
import { type Sink, shipLines } from './ship-lines.ts';

interface Env {
  LOG_SINK: string;
  LOG_URL: string;
  LOG_AUTHORIZATION: string;
}

/** Is told of every call of the edge, and stores its lines where those of the fleet are. */
export default {
  async tail(events, env) {
    const lines = events.flatMap(linesOf);
    if (lines.length > 0) await shipLines(sinkOf(env), lines, fetch);
  },
} satisfies ExportedHandler<Env>;

function sinkOf({ LOG_SINK: kind, LOG_URL: url, LOG_AUTHORIZATION: authorization }: Env): Sink {
  if (kind !== 'elasticsearch' && kind !== 'loki') throw new Error('LOG_SINK is elasticsearch or loki');
  if (!url || !authorization) throw new Error('LOG_URL and LOG_AUTHORIZATION are needed');
  return { kind, url, authorization };
}
