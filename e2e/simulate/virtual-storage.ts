/** Objects by key. Written once: whoever comes second finds the first one's bytes. */
export interface VirtualStorage {
  put(key: string): void;
  has(key: string): boolean;
}

export function createVirtualStorage(): VirtualStorage {
  const keys = new Set<string>();
  return {
    put: (key) => void keys.add(key),
    has: (key) => keys.has(key),
  };
}
