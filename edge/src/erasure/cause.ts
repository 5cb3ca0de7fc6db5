import { type SQL, sql } from 'drizzle-orm';
import { UPLOAD_URL_TTL_SECONDS } from '../storage/url-lifetimes.ts';
import { PUT_TTL_SECONDS } from '../uploads/upload-limits.ts';

/** Why something goes, and for whom. */
export interface Cause {
  projectId: string;
  reason: 'request' | 'retention';
  actor: string;
  /** The receipt of a project on its way out, for everything in it; null when each thing gets its own. */
  receiptId: string | null;
}

/** Clocks of edge and database differ by less. */
const MARGIN_SECONDS = 60;

/** When nothing that was signed until now can write any more. */
export const lastUrlEnds: SQL = sql`
  now() + ${Math.max(UPLOAD_URL_TTL_SECONDS, PUT_TTL_SECONDS) + MARGIN_SECONDS}::int * interval '1 second'`;
