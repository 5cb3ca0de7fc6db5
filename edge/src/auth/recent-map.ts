/** A map that forgets: each entry at its own time, and the oldest when it is full. */
export interface RecentMap<V> {
  /** Undefined once the entry's time is over. */
  get(key: string, nowMs: number): V | undefined;
  set(key: string, value: V, untilMs: number): void;
  delete(key: string): void;
}

export function recentMap<V>(maxEntries: number): RecentMap<V> {
  const entries = new Map<string, { value: V; untilMs: number }>();
  return {
    get(key, nowMs) {
      const entry = entries.get(key);
      return entry && nowMs < entry.untilMs ? entry.value : undefined;
    },
    set(key, value, untilMs) {
      // Deleted first, so that the order of the map is the order of writing.
      entries.delete(key);
      entries.set(key, { value, untilMs });
      const [oldest] = entries.keys();
      if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest);
    },
    delete(key) {
      entries.delete(key);
    },
  };
}
