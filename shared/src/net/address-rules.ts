import ipaddr from 'ipaddr.js';

/** The only part of IPv6 that is routed on the public internet. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether an address belongs to the public internet, so that a request to it cannot reach a machine of our own. Anything
 * that is no address in its plain notation is not public, and neither are tunnels that carry another address inside.
 *
 * @param text IPv4 in four decimal parts, or IPv6 without brackets. IPv4 mapped into IPv6 counts as what it maps.
 */
export function isPublicAddress(text: string): boolean {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text).range() === 'unicast';
  if (!ipaddr.IPv6.isValid(text) || text.includes('%')) return false;
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress()) return address.toIPv4Address().range() === 'unicast';
  return address.match(GLOBAL_UNICAST) && address.range() === 'unicast';
}

/** The address that stands in place of a name: the URL parser has brought every notation of it to the plain one. */
export function literalAddress(url: URL): string | null {
  const { hostname } = url;
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return ipaddr.IPv4.isValidFourPartDecimal(hostname) ? hostname : null;
}

/**
 * Whose address it is, as far as one tells: IPv4 as it is, of IPv6 the network of 64 bits, all of which one subscriber
 * has. Text that is no address comes back as it is.
 */
export function subscriberOf(text: string): string {
  if (!ipaddr.IPv6.isValid(text)) return text;
  const address = ipaddr.IPv6.parse(text);
  if (address.isIPv4MappedAddress()) return address.toIPv4Address().toString();
  return `${address.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
