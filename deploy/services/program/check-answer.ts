/** Throws unless the address answers with success. */
export async function checkAnswer(url: string, timeoutMs = 5_000): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}
