import ipaddr from 'ipaddr.js';
import { isPublicAddress, literalAddress } from './address-rules.ts';

/** What the fleet fetches sources from: the rules, pure. The edge refuses early by them, workers act by them. */
export interface FetchRules {
  /** Also from this very machine, over http and on any port: for one machine only. */
  loopback: boolean;
}

/** Where files are served over https. All others are more likely to be something that must not be spoken to. */
const PORTS = ['443', '8443'];

/**
 * Why a source may not be fetched from a URL, as far as its text tells; null when it may. A host that is a name must be
 * resolved, and each of its addresses asked about too: see `fetchAddressProblem`.
 */
export function fetchUrlProblem(url: URL, rules: FetchRules): string | null {
  if (url.username !== '' || url.password !== '') return 'the URL holds credentials';
  if (url.protocol !== 'https:' && !(rules.loopback && url.protocol === 'http:')) return NOT_HTTPS;
  const address = literalAddress(url);
  if (address !== null) return fetchAddressProblem(url, address, rules);
  return rules.loopback ? null : portProblem(url);
}

/** Why no connection may be made to this address on behalf of the URL; null when one may. */
export function fetchAddressProblem(url: URL, address: string, rules: FetchRules): string | null {
  if (rules.loopback && isLoopbackAddress(address)) return null;
  if (url.protocol !== 'https:') return NOT_HTTPS;
  if (!isPublicAddress(address)) return 'the URL leads to an address that is not public';
  return portProblem(url);
}

const NOT_HTTPS = 'only https URLs are fetched';

function portProblem(url: URL): string | null {
  const port = url.port || '443';
  return PORTS.includes(port) ? null : `port ${port} is not one that sources are fetched from`;
}

function isLoopbackAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback';
}
