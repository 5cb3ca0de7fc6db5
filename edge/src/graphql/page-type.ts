import type { ObjectRef } from '@pothos/core';
import { builder } from './builder.ts';
import { DEFAULT_PAGE, requirePageSize } from './page-limits.ts';

export interface Page<T> {
  nodes: T[];
  nextCursor: string | null;
}

/** The type of one page of a list, as REST's lists come. */
export function pageType<T>(name: string, entry: ObjectRef<typeof builder.$inferSchemaTypes, T>) {
  return builder.objectRef<Page<T>>(name).implement({
    description: 'A page of a list.',
    fields: (t) => ({
      nodes: t.field({
        type: [entry],
        description: 'The entries, in the order of the list.',
        // The list itself counts how many there are.
        complexity: { field: 1, multiplier: 1 },
        resolve: ({ nodes }) => nodes,
      }),
      nextCursor: t.exposeString('nextCursor', {
        nullable: true,
        description: '`cursor` of the next page; null on the last.',
      }),
    }),
  });
}

/** What every list takes. */
export const pageArgs = () =>
  builder.args((t) => ({
    limit: t.int({ defaultValue: DEFAULT_PAGE, description: 'Entries on a page, 1 to 100.' }),
    cursor: t.string({ description: '`nextCursor` of the page before; of the same list only.' }),
  }));

interface PageArgs {
  limit?: number | null | undefined;
  cursor?: string | null | undefined;
}

export function pageCost({ limit }: PageArgs) {
  return { field: 10, multiplier: limit ?? DEFAULT_PAGE };
}

/** The same for the use case. Refuses with `invalid_request`. */
export function readPageArgs({ limit, cursor }: PageArgs): { limit: number; cursor: string | null } {
  return { limit: requirePageSize('limit', limit), cursor: cursor ?? null };
}
