/** The token in use and, after a comma each, earlier ones that are still accepted, as `FLEET_TOKEN` holds them. */
export function fleetTokens(text: string): [inUse: string, ...earlier: string[]] {
  const [inUse = '', ...earlier] = text.split(',').map((part) => part.trim());
  return [inUse, ...earlier];
}
