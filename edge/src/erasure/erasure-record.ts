import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import { utcText } from '../db/utc-text.ts';

/** A job, an upload, a source that went before its jobs, or a project. */
export const ERASURE_KINDS = ['job', 'upload', 'source', 'project'] as const;
export const ERASURE_REASONS = ['request', 'retention'] as const;
/** Under way; storage was found empty; it was so after the last URL that could write there had expired. */
export const ERASURE_STATUSES = ['erasing', 'emptied', 'completed'] as const;

/** That something was erased. Names nothing of what it held. */
export interface ErasureRecord {
  id: string;
  kind: (typeof ERASURE_KINDS)[number];
  /** The job, the upload or the project. Of a source: its upload, or the job it was fetched for. */
  subjectId: string;
  reason: (typeof ERASURE_REASONS)[number];
  actor: string;
  status: (typeof ERASURE_STATUSES)[number];
  requestedAt: string;
  emptiedAt: string | null;
  completedAt: string | null;
}

/** Columns of the table as `erasureRow` reads them. */
export const erasureColumns: SQL = sql`
  id, kind, subject_id, reason, actor, ${utcText(sql`requested_at`)} as requested_at,
  ${utcText(sql`emptied_at`)} as emptied_at, ${utcText(sql`completed_at`)} as completed_at`;

const at = z.iso.datetime();

export const erasureRow = z
  .object({
    id: z.uuid(),
    kind: z.enum(ERASURE_KINDS),
    subject_id: z.string(),
    reason: z.enum(ERASURE_REASONS),
    actor: z.string(),
    requested_at: at,
    emptied_at: at.nullable(),
    completed_at: at.nullable(),
  })
  .transform(
    (row): ErasureRecord => ({
      id: row.id,
      kind: row.kind,
      subjectId: row.subject_id,
      reason: row.reason,
      actor: row.actor,
      status: row.completed_at ? 'completed' : row.emptied_at ? 'emptied' : 'erasing',
      requestedAt: row.requested_at,
      emptiedAt: row.emptied_at,
      completedAt: row.completed_at,
    }),
  );
