/** Standard Webhooks 1.0: 24 to 64 random bytes in base64, after a prefix by which scanners know a leaked one. */
const PREFIX = 'whsec_';
const BYTES = 32;

export function newSecret(randomBytes: (count: number) => Uint8Array): string {
  return PREFIX + btoa(String.fromCharCode(...randomBytes(BYTES)));
}

export function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(secret.slice(PREFIX.length)), (c) => c.charCodeAt(0));
}
