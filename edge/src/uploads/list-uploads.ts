import { and, desc, eq, sql } from 'drizzle-orm';
import type { Context } from '../context.ts';
import { uploads } from '../db/schema.ts';
import { decodeCursor, encodeCursor } from '../page-cursor.ts';
import { notACursor } from '../text-cursor.ts';
import type { UploadRow, UploadStatus } from './find-upload.ts';

export interface ListUploads {
  projectId: string;
  /** Null for any. */
  status: UploadStatus | null;
  limit: number;
  /** From the page before. */
  cursor: string | null;
}

/** Uploads of a project, newest first, one page in one statement. */
export async function listUploads(
  ctx: Context,
  input: ListUploads,
): Promise<{ uploads: UploadRow[]; nextCursor: string | null }> {
  const rows = await ctx.db
    .select()
    .from(uploads)
    .where(
      and(
        eq(uploads.projectId, input.projectId),
        input.status === null ? undefined : eq(uploads.status, input.status),
        input.cursor === null ? undefined : behind(input.projectId, input.cursor),
      ),
    )
    .orderBy(desc(uploads.createdAt), desc(uploads.id))
    // One more than asked for tells whether there is a next page.
    .limit(input.limit + 1);
  const page = rows.slice(0, input.limit);
  const last = page.at(-1);
  return {
    uploads: page,
    nextCursor:
      last && rows.length > page.length
        ? encodeCursor(listName(input.projectId), { at: last.createdAt.toISOString(), id: last.id })
        : null,
  };
}

function behind(projectId: string, cursor: string) {
  const place = decodeCursor(listName(projectId), cursor);
  if (place)
    return sql`(${uploads.createdAt}, ${uploads.id}) < (${place.at}::timestamptz, ${place.id}::uuid)`;
  throw notACursor();
}

function listName(projectId: string): string {
  return `uploads ${projectId}`;
}
