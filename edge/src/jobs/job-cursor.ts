/** A place in the list of jobs: just behind this one. */
export interface JobCursor {
  createdAt: string;
  id: string;
}

const SHAPE = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Opaque to clients: base64url without padding. */
export function encodeCursor({ createdAt, id }: JobCursor): string {
  return btoa(`${Date.parse(createdAt)}.${id}`)
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** Null for anything that `encodeCursor` did not make. */
export function decodeCursor(text: string): JobCursor | null {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(text) || text.length % 4 === 1) return null;
  const match = SHAPE.exec(atob(text.replaceAll('-', '+').replaceAll('_', '/')));
  const [, millis, id] = match ?? [];
  // Dates end at 8.64e15 ms; Postgres's begin to differ long before.
  if (!millis || !id || Number(millis) > 8e12) return null;
  return { createdAt: new Date(Number(millis)).toISOString(), id };
}
