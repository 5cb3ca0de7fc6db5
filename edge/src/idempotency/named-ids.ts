/** An id that stands in quotes is meant as one; in keys and links it is a part. Quotes within a string are escaped. */
const QUOTED = /"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\\?"/gi;

/** The ids that a text of JSON names. */
export function namedIds(text: string): string[] {
  return Array.from(text.matchAll(QUOTED), ([, id = '']) => id.toLowerCase());
}
