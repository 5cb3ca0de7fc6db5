import { fetchUrlProblem } from '@millrace/shared/net/fetch-url-rules.ts';
import { Client, type Dispatcher } from 'undici';
import { TaskFailure } from '../../task-failure.ts';
import { type Connector, connectChecked } from './connect-checked.ts';

const MAX_REDIRECTS = 3;
const REDIRECTS = [301, 302, 303, 307, 308];
const USER_AGENT = 'Millrace';

export interface OpenUrl {
  status: number;
  headers: Record<string, string | undefined>;
  body: Dispatcher.ResponseData['body'];
  /** Drops the connection. */
  close(): void;
}

/**
 * GETs a URL through at most three redirects. Every hop is a connection of its own whose addresses are checked; no proxy,
 * cookie or credential takes part. Ends with the signal, also while the body is read. Throws `source_url_refused` for a
 * hop that is not allowed.
 */
export async function openUrl(
  connector: Connector,
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<OpenUrl> {
  let at = url;
  for (let redirects = 0; ; redirects += 1) {
    const problem = fetchUrlProblem(at, connector.rules);
    if (problem) throw new TaskFailure('source_url_refused', problem);
    const answer = await ask(connector, at, headers, signal);
    if (!REDIRECTS.includes(answer.status)) return answer;
    answer.close();
    if (redirects === MAX_REDIRECTS) {
      throw new TaskFailure('source_url_refused', `the URL redirects more than ${MAX_REDIRECTS} times`);
    }
    at = redirectOf(at, answer.headers.location);
  }
}

async function ask(
  connector: Connector,
  url: URL,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<OpenUrl> {
  const socket = await connectChecked(connector, url, signal);
  const client = new Client(url.origin, {
    // Whatever happens, this connection is the only one there is. A client that is answered at once forgets its request.
    connect: (_options, use) => queueMicrotask(() => use(null, socket)),
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  });
  // Destroying ends the body with this error; nobody waits for the end of the destruction itself.
  const close = () => {
    client.destroy(new Error('the connection was dropped')).catch(() => {});
    socket.destroy();
  };
  try {
    const answer = await client.request({
      method: 'GET',
      path: `${url.pathname}${url.search}`,
      headers: { 'user-agent': USER_AGENT, accept: '*/*', 'accept-encoding': 'identity', ...headers },
      signal,
    });
    // A body that is never read must not end the process with the error it was dropped with.
    answer.body.on('error', () => {});
    return { status: answer.statusCode, headers: single(answer.headers), body: answer.body, close };
  } catch (error) {
    close();
    throw error;
  }
}

function single(headers: Dispatcher.ResponseData['headers']): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}

function redirectOf(from: URL, location: string | undefined): URL {
  const to = location === undefined ? null : URL.parse(location, from.href);
  if (!to) throw new TaskFailure('source_url_gone', 'the server redirects to nowhere');
  if (from.protocol === 'https:' && to.protocol !== 'https:') {
    throw new TaskFailure('source_url_refused', 'the URL redirects away from https');
  }
  return to;
}
