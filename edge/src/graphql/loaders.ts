import DataLoader from 'dataloader';
import type { Context } from '../context.ts';
import { loadConfirmedParts } from '../uploads/load-confirmed-parts.ts';
import { type JobLoaders, newJobLoaders } from './job-loaders.ts';

export interface Loaders extends JobLoaders {
  /** Numbers of the confirmed parts of an upload. */
  confirmedParts: DataLoader<string, number[]>;
}

/** For one request; see `newJobLoaders`. */
export function newLoaders(ctx: Context, projectId: string): Loaders {
  return {
    ...newJobLoaders(ctx, projectId),
    confirmedParts: new DataLoader(
      async (uploadIds) => {
        const found = await loadConfirmedParts(ctx, { projectId, uploadIds });
        return uploadIds.map((uploadId) => found.get(uploadId) ?? []);
      },
      { cache: false },
    ),
  };
}
