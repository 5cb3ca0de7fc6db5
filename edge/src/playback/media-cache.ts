/** Media near the viewer. The Cache API, or nothing where there is none. */
export interface MediaCache {
  match(url: string, headers: Headers): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
}

export function edgeMediaCache(cache: Pick<Cache, 'match' | 'put'>): MediaCache {
  return {
    match: (url, headers) => cache.match(new Request(url, { headers })),
    put: (url, response) => cache.put(url, response),
  };
}

export const noMediaCache: MediaCache = {
  match: async () => undefined,
  put: async (_url, response) => response.body?.cancel(),
};
