/** How to write a host and a port where both are one text. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** How a program reaches itself: one that listens everywhere also listens here. */
export function ownUrl(host: string, port: number): string {
  const isEverywhere = host === '0.0.0.0' || host === '::';
  return `http://${hostAndPort(isEverywhere ? '127.0.0.1' : host, port)}`;
}
