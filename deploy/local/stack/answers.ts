/** Whether `url` answers with success. One that takes its time has not. */
export async function answers(url: string, timeoutMs = 1_000): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) }).catch(() => undefined);
  await response?.body?.cancel();
  return response?.ok ?? false;
}
