import { requireScope } from '../auth/caller.ts';
import { afterChange } from '../dispatch/after-change.ts';
import { createJobs, type JobOutcome } from '../jobs/create-jobs.ts';
import { type JobInput, MAX_BATCH } from '../jobs/job-input.ts';
import { type InputIssue, Refusal } from '../refusal.ts';
import { builder } from './builder.ts';
import { jobInput, readJobInput } from './job-input.ts';
import { job } from './job-type.ts';

const inputIssue = builder.objectRef<InputIssue>('InputIssue').implement({
  description: 'One thing that is wrong with the input.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Which part of the input, as a dotted path.' }),
    message: t.exposeString('message', { description: 'What is wrong with it.' }),
  }),
});

/** Not the error itself: a resolver that returns one has failed. */
type Told = Pick<Refusal, 'code' | 'message' | 'issues'>;

const refusal = builder.objectRef<Told>('Refusal').implement({
  description: 'Why something was not done.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'A stable word, as in the extensions of errors.' }),
    message: t.exposeString('message', { description: 'For people.' }),
    issues: t.expose('issues', {
      type: [inputIssue],
      description: 'What is wrong with the input, with `invalid_request`.',
    }),
  }),
});

const outcome = builder.objectRef<JobOutcome>('JobOutcome').implement({
  description: 'What became of one job of a batch: exactly one of the two is there.',
  fields: (t) => ({
    job: t.field({
      type: job,
      nullable: true,
      description: 'The job; null when it was refused.',
      resolve: (made) => ('view' in made ? made.view : null),
    }),
    refusal: t.field({
      type: refusal,
      nullable: true,
      description: 'Why it was refused; null when it was accepted.',
      resolve: (made) => ('refusal' in made ? told(made.refusal) : null),
    }),
  }),
});

builder.mutationField('createJobs', (t) =>
  t.field({
    type: [outcome],
    description: `Up to ${MAX_BATCH} jobs. Each has an outcome of its own, in the order of the input.`,
    args: { inputs: t.arg({ type: [jobInput], required: true, description: 'The jobs.' }) },
    complexity: ({ inputs }) => ({ field: 20, multiplier: inputs.length }),
    resolve: async (_root, { inputs }, { ctx, caller, origin, traceparent, requestId }) => {
      requireScope(caller, 'jobs:write');
      requireBatch(inputs.length);
      const read = inputs.map((input, index) => readOrRefuse(input, index));
      const jobs = read.flatMap((entry) => (entry instanceof Refusal ? [] : [entry]));
      const made =
        jobs.length > 0 ? await createJobs(ctx, { caller, jobs, traceparent, requestId, origin }) : [];
      afterChange(
        ctx,
        made.flatMap((outcome) => ('view' in outcome ? [outcome.view] : [])),
      );
      return inOrder(read, made);
    },
  }),
);

function told({ code, message, issues }: Refusal): Told {
  return { code, message, issues };
}

function requireBatch(length: number): void {
  if (length >= 1 && length <= MAX_BATCH) return;
  const message = `must hold 1 to ${MAX_BATCH} jobs`;
  throw new Refusal('invalid_request', `inputs: ${message}`, { issues: [{ path: 'inputs', message }] });
}

function readOrRefuse(input: typeof jobInput.$inferInput, index: number): JobInput | Refusal {
  try {
    return readJobInput(input, ['inputs', String(index)]);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** The outcomes of those that were tried, between the refusals of those that could not be read. */
function inOrder(read: (JobInput | Refusal)[], made: JobOutcome[]): JobOutcome[] {
  const left = made.values();
  return read.map((entry) => {
    if (entry instanceof Refusal) return { refusal: entry };
    return left.next().value ?? { refusal: new Refusal('internal', 'The job was not accepted. Try again.') };
  });
}
