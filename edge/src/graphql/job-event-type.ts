import type { JobEventRecord } from '../jobs/load-events.ts';
import { builder } from './builder.ts';

export const jobEvent = builder.objectRef<JobEventRecord>('JobEvent').implement({
  description: 'One thing that happened to a job.',
  fields: (t) => ({
    number: t.exposeInt('number', { description: 'From 1 for each job, without gaps.' }),
    type: t.exposeString('type', { description: '`job.created`, `rendition.completed`, …' }),
    data: t.expose('data', { type: 'JSON', description: 'What there is to say of it.' }),
    actor: t.exposeString('actor', {
      description: 'Who made it happen: `key:…`, `user:…`, `operator`, `local` or `system`.',
    }),
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
  }),
});
