import { isPublicAddress, literalAddress } from '@millrace/shared/net/address-rules.ts';

/** Names that mean this machine or its surroundings, wherever they are asked for. */
const INNER_SUFFIXES = ['localhost', 'local', 'internal', 'home.arpa'];

export type ReceiverUrl = { url: URL } | { refusal: string };

/**
 * What a URL says about where webhooks would go, before anybody is asked. The URL parser turns odd notations of
 * addresses (octal, hexadecimal, one number) into the plain one that is judged here.
 *
 * @param options.loopback Lets this very machine pass, over HTTP too: for one machine only.
 */
export function parseReceiverUrl(text: string, options: { loopback: boolean }): ReceiverUrl {
  const url = URL.parse(text);
  if (!url) return { refusal: 'It is not a URL.' };
  if (url.username !== '' || url.password !== '') return { refusal: 'It must not hold credentials.' };
  if (options.loopback && isThisMachine(url)) return { url };
  if (url.protocol !== 'https:') return { refusal: 'It must begin with https.' };
  const refusal = refuseHost(url);
  return refusal === null ? { url } : { refusal };
}

/** True for HTTP and HTTPS to this very machine, which needs no resolver to be known. */
export function isThisMachine(url: URL): boolean {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
  const { hostname } = url;
  const address = literalAddress(url);
  if (address !== null) return address === '::1' || address.startsWith('127.');
  return hostname === 'localhost' || hostname.endsWith('.localhost');
}

function refuseHost(url: URL): string | null {
  const address = literalAddress(url);
  if (address !== null) return isPublicAddress(address) ? null : 'Its address is not on the public internet.';
  const name = url.hostname.replace(/\.$/, '');
  const inner = INNER_SUFFIXES.some((suffix) => name === suffix || name.endsWith(`.${suffix}`));
  return inner || !name.includes('.') ? 'Its name is not one of the public internet.' : null;
}
