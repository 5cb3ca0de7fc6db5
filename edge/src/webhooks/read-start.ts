/**
 * How a response begins, as text that can be stored; the rest is not read. Null for nothing. A body that breaks off or
 * does not come counts as far as it came.
 */
export async function readStart(response: Response, maxBytes: number): Promise<string | null> {
  const reader = response.body?.getReader();
  if (!reader) return null;
  const bytes: number[] = [];
  try {
    while (bytes.length < maxBytes) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes.push(...value.subarray(0, maxBytes - bytes.length));
    }
    await reader.cancel();
  } catch {
    // The status was heard; that is what counts.
  }
  // Postgres keeps no NUL.
  const text = new TextDecoder().decode(new Uint8Array(bytes)).replaceAll('\u0000', '\ufffd');
  return text === '' ? null : text;
}
