import { PAUSABLE_CODECS } from '@millrace/shared/task/dispatch-pause.ts';
import { type SQL, sql } from 'drizzle-orm';
import { z } from 'zod';
import type { OperationScope } from './pause-input.ts';

const at = z.coerce.date().transform((value) => value.toISOString());

export const pauseRow = z
  .object({
    id: z.uuid(),
    project_id: z.string().nullable(),
    codec: z.enum(PAUSABLE_CODECS).nullable(),
    reason: z.string(),
    actor: z.string(),
    created_at: at,
    expires_at: at.nullable(),
  })
  .transform((row) => ({
    id: row.id,
    scope: (row.project_id === null ? 'installation' : 'project') satisfies OperationScope as OperationScope,
    projectId: row.project_id,
    codec: row.codec,
    reason: row.reason,
    actor: row.actor,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }));

/** What holds back tasks, since when, and who said so. */
export type PauseRecord = z.infer<typeof pauseRow>;

/** Of a row `p` of `dispatch_pauses`, as `pauseRow` reads them. */
export const pauseColumns = sql`p.id, p.project_id, p.codec, p.reason, p.actor, p.created_at, p.expires_at`;

/** Condition over a row `p`: the operator laid it, and nobody else changes it. See `Caller`. */
export const isOperators: SQL = sql`(p.actor in ('operator', 'local'))`;
