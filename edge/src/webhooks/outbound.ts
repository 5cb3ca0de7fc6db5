/** How webhooks leave: tests put their own in place. */
export interface Outbound {
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** A receiver that has not answered by then has failed. */
  timeoutMs: number;
}

export const outbound: Outbound = {
  fetch: (url, init) => fetch(url, init),
  timeoutMs: 10_000,
};
