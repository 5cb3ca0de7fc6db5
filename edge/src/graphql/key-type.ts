import type { KeyView, NewKeyView } from '../auth/key-row.ts';
import { builder } from './builder.ts';

export const apiKey = builder.objectRef<KeyView>('ApiKey').implement({
  description: 'An API key, without the key itself.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Names the key in other calls. It opens nothing.' }),
    name: t.exposeString('name', { description: 'As it was given.' }),
    hint: t.exposeString('hint', { description: 'How the key begins.' }),
    scopes: t.exposeStringList('scopes', {
      description: 'What it may do. `admin` may do everything in its project.',
    }),
    createdBy: t.exposeString('createdBy', { description: 'Whoever made it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when it opens; null for no end.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'To the minute; null when it never was.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked; null when it was not.',
    }),
  }),
});

export const newApiKey = builder.objectRef<NewKeyView>('NewApiKey').implement({
  description: 'An API key that was just made.',
  fields: (t) => ({
    apiKey: t.field({ type: apiKey, description: 'What is known of it.', resolve: (made) => made }),
    key: t.exposeString('key', { description: 'The key itself. It is shown here and never again.' }),
  }),
});
