/** A presigned request: method, URL, and headers that must be sent as they are. */
export interface SignedRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
}
