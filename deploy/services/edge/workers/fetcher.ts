/** A binding to another service of the same workerd process. */
export interface Fetcher {
  fetch(request: Request): Promise<Response>;
}
