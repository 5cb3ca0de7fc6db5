const HEAD = '{"results":[';

/** The entries of an answer to a batch, each as JSON, so that one of them can be blanked; null for other answers. */
export function cutEntries(body: string): string[] | null {
  if (!body.startsWith(HEAD)) return null;
  const { results }: { results: unknown[] } = JSON.parse(body);
  const entries = results.map((entry) => JSON.stringify(entry));
  return joinEntries(entries) === body ? entries : null;
}

/** The answer again, byte for byte. */
export function joinEntries(entries: readonly string[]): string {
  return `${HEAD}${entries.join(',')}]}`;
}
