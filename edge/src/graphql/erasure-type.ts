import {
  ERASURE_KINDS,
  ERASURE_REASONS,
  ERASURE_STATUSES,
  type ErasureRecord,
} from '../erasure/erasure-record.ts';
import { builder } from './builder.ts';

const kind = builder.enumType('ErasureKind', { description: 'What was erased.', values: ERASURE_KINDS });
const reason = builder.enumType('ErasureReason', {
  description: 'Somebody asked for it, or its time was over.',
  values: ERASURE_REASONS,
});
const status = builder.enumType('ErasureStatus', {
  description:
    '`emptied` once storage was found empty, `completed` once it was so after the last URL that could write had expired.',
  values: ERASURE_STATUSES,
});

export const erasure = builder.objectRef<ErasureRecord>('Erasure').implement({
  description: 'The receipt of an erasure. It names nothing of what was erased.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Names the receipt.' }),
    kind: t.expose('kind', { type: kind, description: 'What was erased.' }),
    subjectId: t.exposeID('subjectId', {
      description:
        'The job, the upload or the project. Of a source: its upload, or the job it was fetched for.',
    }),
    reason: t.expose('reason', { type: reason, description: 'Why.' }),
    actor: t.exposeString('actor', { description: 'Whoever asked.' }),
    status: t.expose('status', { type: status, description: 'How far it is.' }),
    requestedAt: t.expose('requestedAt', {
      type: 'DateTime',
      description: 'From then on nothing of it can be read by this API.',
    }),
    emptiedAt: t.expose('emptiedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When storage was found empty.',
    }),
    completedAt: t.expose('completedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When nothing could come back any more.',
    }),
  }),
});
