import { requireScope } from '../auth/caller.ts';
import { signDownload } from '../jobs/sign-download.ts';
import { builder } from './builder.ts';
import { orNull } from './or-null.ts';

const download = builder.objectRef<{ url: string; expiresAt: Date }>('Download').implement({
  description: 'A link to an object.',
  fields: (t) => ({
    url: t.exposeString('url', { description: 'Downloads the object. Needs no key.' }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'The link works until then.',
      resolve: ({ expiresAt }) => expiresAt.toISOString(),
    }),
  }),
});

builder.queryField('downloadUrl', (t) =>
  t.field({
    type: download,
    nullable: true,
    description: 'A link that downloads an output of a job; null when there is none of this key.',
    args: {
      outputKey: t.arg.string({
        required: true,
        description: 'A key that a job names: of a file, a manifest, a picture.',
      }),
    },
    complexity: 10,
    resolve: (_root, { outputKey }, { ctx, caller }) => {
      requireScope(caller, 'jobs:read');
      return orNull(signDownload(ctx, { projectId: caller.projectId, outputKey }));
    },
  }),
);
