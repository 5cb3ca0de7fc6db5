import { requireScope } from '../auth/caller.ts';
import { listUsers, type UserView } from '../auth/list-users.ts';
import { builder } from './builder.ts';
import { pageArgs, pageCost, pageType, readPageArgs } from './page-type.ts';

const user = builder.objectRef<UserView>('User').implement({
  description: 'Somebody who came with a token of the identity provider.',
  fields: (t) => ({
    subject: t.exposeString('subject', {
      description: 'The claim `sub` of the tokens. Writes name it as `user:{subject}`.',
    }),
    name: t.exposeString('name', { description: 'As the latest token gave it.' }),
    role: t.exposeString('role', {
      description: 'In this project: `viewer`, `editor` or `admin`, as the latest token gave it.',
    }),
    firstSeenAt: t.expose('firstSeenAt', { type: 'DateTime', description: 'When the user first came.' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime', description: 'To the minute.' }),
  }),
});

builder.queryField('users', (t) =>
  t.field({
    type: pageType('UserPage', user),
    description: 'The people who came to the project, by subject. Needs the scope `admin`.',
    args: pageArgs(),
    complexity: pageCost,
    resolve: async (_root, page, { ctx, caller }) => {
      requireScope(caller, 'admin');
      const found = await listUsers(ctx, { projectId: caller.projectId, ...readPageArgs(page) });
      return { nodes: found.users, nextCursor: found.nextCursor };
    },
  }),
);
