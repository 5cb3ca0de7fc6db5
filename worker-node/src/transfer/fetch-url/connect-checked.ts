import { isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { literalAddress } from '@millrace/shared/net/address-rules.ts';
import { type FetchRules, fetchAddressProblem } from '@millrace/shared/net/fetch-url-rules.ts';
import type { Clock } from '../../clock/clock.ts';
import { within } from '../../clock/within.ts';
import { TaskFailure } from '../../task-failure.ts';
import { untilAborted } from '../until-aborted.ts';
import type { Internet } from './internet.ts';

/** For each address, until a connection stands, with TLS. */
const CONNECT_MS = 5_000;
/** A host with more addresses than that answers at one of these, or not at all. */
const MAX_DIALED = 4;

export interface Connector {
  internet: Internet;
  rules: FetchRules;
  clock: Clock;
}

/**
 * Connects to the host of a URL. Its name is resolved once, every address it has must be allowed, and one of exactly
 * these is connected to: a name that resolves to something else a moment later changes nothing. TLS is spoken with the
 * name. Throws `source_url_refused`, or why no connection came about.
 */
export async function connectChecked(connector: Connector, url: URL, signal: AbortSignal): Promise<Socket> {
  const { internet, clock } = connector;
  const addresses = await allowedAddresses(connector, url, signal);
  const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
  let failure: unknown = new Error('the host has no address');
  for (const address of addresses.slice(0, MAX_DIALED)) {
    try {
      return await within(clock, CONNECT_MS, signal, (s) => open(internet, url, { address, port }, s));
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
  }
  throw failure;
}

async function allowedAddresses(
  { internet, rules }: Connector,
  url: URL,
  signal: AbortSignal,
): Promise<string[]> {
  const literal = literalAddress(url);
  const addresses = literal ? [literal] : await untilAborted(internet.resolve(url.hostname), signal);
  for (const address of addresses) {
    const problem = fetchAddressProblem(url, address, rules);
    if (problem) throw new TaskFailure('source_url_refused', problem);
  }
  return addresses;
}

async function open(
  internet: Internet,
  url: URL,
  { address, port }: { address: string; port: number },
  signal: AbortSignal,
): Promise<Socket> {
  const tcp = internet.dial(address, port);
  try {
    await established(tcp, 'connect', signal);
    if (url.protocol !== 'https:') return tcp;
    const name = literalAddress(url) ?? url.hostname.replace(/\.$/, '');
    const tls = connectTls({
      socket: tcp,
      host: name,
      servername: isIP(name) ? '' : name,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: true,
      ...(internet.authorities === undefined ? {} : { ca: internet.authorities }),
    });
    await established(tls, 'secureConnect', signal);
    signal.throwIfAborted();
    return tls;
  } catch (error) {
    tcp.destroy();
    throw error;
  }
}

function established(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => socket.destroy();
    const done = (settle: () => void) => {
      signal.removeEventListener('abort', onAbort);
      settle();
    };
    // Stays for good: an error that nobody listens to would end the process.
    socket.on('error', (error) => done(() => reject(error)));
    socket.once('close', () => done(() => reject(new Error('the connection was closed'))));
    socket.once(event, () => done(resolve));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
