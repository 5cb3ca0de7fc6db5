/** Bytes in hexadecimal, in lower case. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** SHA-256 of bytes, or of text in UTF-8, in hexadecimal. */
export async function sha256Hex(of: Uint8Array<ArrayBuffer> | string): Promise<string> {
  const bytes = typeof of === 'string' ? new TextEncoder().encode(of) : of;
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}
