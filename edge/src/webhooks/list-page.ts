import { type SQL, sql } from 'drizzle-orm';
import { decodeCursor, encodeCursor, type Place } from '../page-cursor.ts';
import { notACursor } from '../text-cursor.ts';

/** Where a page begins; null for the first. Refuses what is no cursor of the list. */
export function placeOf(list: string, cursor: string | null): Place | null {
  if (cursor === null) return null;
  const place = decodeCursor(list, cursor);
  if (place) return place;
  throw notACursor();
}

/** Condition, with its `and`: the row is behind the place in a list that is ordered by `time` and `id`, newest first. */
export function behind(time: SQL, place: Place | null): SQL {
  return place ? sql`and (${time}, id) < (${place.at}::timestamptz, ${place.id}::uuid)` : sql``;
}

/** The cursor of the page behind the last row of a page; null when there is none. */
export function nextCursor(list: string, last: Place | undefined): string | null {
  return last ? encodeCursor(list, last) : null;
}
