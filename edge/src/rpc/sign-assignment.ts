import { objectKey } from '@millrace/shared/storage-keys.ts';
import { objectsRead, tracksRead } from '@millrace/shared/task/inputs.ts';
import { initName } from '@millrace/shared/task/outputs.ts';
import type { Context } from '../context.ts';
import { READ_URL_TTL_SECONDS, UPLOAD_URL_TTL_SECONDS } from '../storage/url-lifetimes.ts';
import type { ClaimedTask } from '../tasks/claimed-task.ts';

export interface NamedKey {
  name: string;
  key: string;
}

/** What the task reads, by the names it knows them by: see Assignment.inputs in fleet.proto. */
export function inputsOf(task: Pick<ClaimedTask, 'spec' | 'inits' | 'segments'>): NamedKey[] {
  const { spec, inits, segments } = task;
  const ofTracks = tracksRead(spec).flatMap(({ track, segment }) => [
    ...inits.filter((init) => init.track === track).map(({ key }) => ({ name: initName(track), key })),
    ...segments
      .filter((stored) => stored.track === track && (segment === null || stored.number === segment))
      .map(({ name, key }) => ({ name: `${track}/${name}`, key })),
  ]);
  return [...objectsRead(spec), ...ofTracks];
}

export interface AttemptKeys {
  projectId: string;
  taskId: string;
  attempt: number;
}

/** An entry past the first `signed` has its name and no URL. */
export async function signInputs(ctx: Context, inputs: NamedKey[], signed = inputs.length) {
  return Promise.all(
    inputs.map(async ({ name, key }, index) =>
      index < signed
        ? { name, ...(await ctx.storage.presignGet(key, READ_URL_TTL_SECONDS, { toFleet: true })) }
        : { name },
    ),
  );
}

export async function signOutputs(ctx: Context, owner: AttemptKeys, names: string[], signed = names.length) {
  return Promise.all(
    names.map(async (name, index) => {
      if (index >= signed) return { name };
      const key = objectKey(owner.projectId, owner.taskId, owner.attempt, name);
      return {
        name,
        ...(await ctx.storage.presignPut(key, UPLOAD_URL_TTL_SECONDS, { once: true, toFleet: true })),
      };
    }),
  );
}
