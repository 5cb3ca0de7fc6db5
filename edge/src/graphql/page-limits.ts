import { z } from 'zod';
import { readInput } from './read-input.ts';

export const DEFAULT_PAGE = 20;

const pageSize = z.int().min(1).max(100);
const eventWindow = z.object({ after: z.int().min(0), limit: pageSize });

/** How many a page may hold. `name` is what the caller called it. */
export function requirePageSize(name: string, size: number | null | undefined): number {
  return readInput(pageSize, size ?? DEFAULT_PAGE, [name]);
}

export function requireEventWindow(args: {
  after?: number | null | undefined;
  limit?: number | null | undefined;
}): {
  after: number;
  limit: number;
} {
  return readInput(eventWindow, { after: args.after ?? 0, limit: args.limit ?? DEFAULT_PAGE }, []);
}
