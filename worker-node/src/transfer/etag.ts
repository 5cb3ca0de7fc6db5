/** An ETag without its quotes and weakness: stores differ in what they send, and so do we. */
export function bareEtag(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"|"$/g, '');
}

export function sameEtag(a: string, b: string): boolean {
  return bareEtag(a) === bareEtag(b);
}
