/** `path`: https://endpoint/bucket/key, which every S3 speaks. `virtual-host`: https://bucket.endpoint/key, as AWS wants it. */
export const ADDRESSINGS = ['path', 'virtual-host'] as const;
export type Addressing = (typeof ADDRESSINGS)[number];

/** The URL of an object; of the bucket itself when the key is empty. */
export function objectUrl(
  { bucket, addressing = 'path' }: { bucket: string; addressing?: Addressing },
  endpoint: string,
  key: string,
  query: Record<string, string>,
): string {
  const base = endpoint.replace(/\/+$/, '');
  const search = new URLSearchParams(query).toString();
  return `${bucketUrl(base, bucket, addressing)}${key === '' ? '' : `/${key}`}${search && `?${search}`}`;
}

function bucketUrl(base: string, bucket: string, addressing: Addressing): string {
  switch (addressing) {
    case 'path':
      return `${base}/${bucket}`;
    case 'virtual-host':
      return base.replace('://', `://${bucket}.`);
    default:
      throw new Error(`no such addressing: ${addressing satisfies never}`);
  }
}
