import type { Line } from './lines-of.ts';

export interface Sink {
  kind: 'elasticsearch' | 'loki';
  /** `https://logs.example.com`, without a path. */
  url: string;
  /** The whole header, for example `ApiKey …` or `Basic …`. */
  authorization: string;
}

const ANSWER_WITHIN_MS = 10_000;
const STREAM = 'millrace-logs';

/** Stores lines where those of the fleet are. Throws when they were not taken. */
export async function shipLines(sink: Sink, lines: readonly Line[], send: typeof fetch): Promise<void> {
  const { path, type, body } = requestFor(sink.kind, lines);
  const answer = await send(`${sink.url.replace(/\/+$/, '')}${path}`, {
    method: 'POST',
    headers: { authorization: sink.authorization, 'content-type': type },
    body,
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the log store answered ${answer.status}`);
  // Elasticsearch answers 200 also when it refused some.
  if (sink.kind === 'elasticsearch' && text.includes('"errors":true')) {
    throw new Error('the log store refused lines');
  }
}

function requestFor(kind: Sink['kind'], lines: readonly Line[]) {
  switch (kind) {
    case 'elasticsearch':
      return { path: `/${STREAM}/_bulk`, type: 'application/x-ndjson', body: bulk(lines) };
    case 'loki':
      return { path: '/loki/api/v1/push', type: 'application/json', body: push(lines) };
    default:
      return kind satisfies never;
  }
}

function bulk(lines: readonly Line[]): string {
  return lines
    .map((line) => `{"create":{}}\n${JSON.stringify({ '@timestamp': line.time, ...line })}\n`)
    .join('');
}

/** One stream for each set of labels, as the collector of the fleet has them. */
function push(lines: readonly Line[]): string {
  const streams = Map.groupBy(lines, ({ role, level }) => `${role} ${level}`);
  return JSON.stringify({
    streams: [...streams.values()].map((group) => ({
      stream: { job: 'millrace', role: group[0]?.role, level: group[0]?.level },
      values: group.map((line) => [`${Date.parse(line.time)}000000`, JSON.stringify(line)]),
    })),
  });
}
