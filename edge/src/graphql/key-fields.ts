import { requireScope, SCOPES } from '../auth/caller.ts';
import { createKey } from '../auth/create-key.ts';
import {
  keyInput as inputSchema,
  MAX_KEY_OVERLAP_SECONDS,
  keyOverlapSeconds as overlapSchema,
} from '../auth/key-input.ts';
import { getKey, listKeys } from '../auth/list-keys.ts';
import { revokeKey } from '../auth/revoke-key.ts';
import { rotateKey } from '../auth/rotate-key.ts';
import { builder } from './builder.ts';
import type { GraphqlContext } from './graphql-context.ts';
import { apiKey, newApiKey } from './key-type.ts';
import { orNull } from './or-null.ts';
import { pageArgs, pageCost, pageType, readPageArgs } from './page-type.ts';
import { inSnakeCase, isId, readInput, requireId } from './read-input.ts';

const keyInput = builder.inputType('ApiKeyInput', {
  description: 'An API key that is to be made.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'By which people know it.' }),
    scopes: t.stringList({
      required: true,
      description: `What it may do, of ${SCOPES.map((scope) => `\`${scope}\``).join(', ')}.`,
    }),
    expiresAt: t.field({ type: 'DateTime', description: 'Until when it opens. Default: no end.' }),
  }),
});

builder.queryField('apiKey', (t) =>
  t.field({
    type: apiKey,
    nullable: true,
    description: 'An API key; null when there is none of this id. Needs the scope `admin`.',
    args: { id: t.arg.id({ required: true, description: 'The key.' }) },
    complexity: 5,
    resolve: (_root, { id }, { ctx, caller }) => {
      requireScope(caller, 'admin');
      return isId(id) ? orNull(getKey(ctx, { projectId: caller.projectId, keyId: id })) : null;
    },
  }),
);

builder.queryField('apiKeys', (t) =>
  t.field({
    type: pageType('ApiKeyPage', apiKey),
    description: 'API keys, newest first, revoked and expired ones too. Needs the scope `admin`.',
    args: pageArgs(),
    complexity: pageCost,
    resolve: async (_root, page, { ctx, caller }) => {
      requireScope(caller, 'admin');
      const found = await listKeys(ctx, { projectId: caller.projectId, ...readPageArgs(page) });
      return { nodes: found.keys, nextCursor: found.nextCursor };
    },
  }),
);

builder.mutationField('createApiKey', (t) =>
  t.field({
    type: newApiKey,
    description: 'Makes an API key that may do no more than its maker. Needs the scope `admin`.',
    args: { input: t.arg({ type: keyInput, required: true, description: 'The key.' }) },
    complexity: 20,
    resolve: (_root, { input }, { ctx, caller, onSecret }) => {
      requireScope(caller, 'admin');
      const { name, scopes, expires_at } = readInput(inputSchema, inSnakeCase(input), ['input']);
      onSecret();
      return createKey(ctx, { caller, name, scopes, expiresAt: expires_at ?? null });
    },
  }),
);

builder.mutationField('rotateApiKey', (t) =>
  t.field({
    type: newApiKey,
    description:
      'Replaces an API key: same name, same scopes, and as long a life as the old one was given. Needs the scope `admin`.',
    args: {
      id: t.arg.id({ required: true, description: 'The key.' }),
      overlapSeconds: t.arg.int({
        defaultValue: 0,
        description: `How long the old key still opens: 0 to ${MAX_KEY_OVERLAP_SECONDS}.`,
      }),
    },
    complexity: 20,
    resolve: (_root, { id, overlapSeconds }, context) => {
      const { ctx, caller, onSecret } = context;
      const ref = managed(context, id);
      const overlap = readInput(overlapSchema, overlapSeconds ?? undefined, ['overlapSeconds']);
      onSecret();
      return rotateKey(ctx, { ...ref, overlapSeconds: overlap, actor: caller.actor });
    },
  }),
);

builder.mutationField('revokeApiKey', (t) =>
  t.field({
    type: apiKey,
    description:
      'Revokes an API key: within five seconds it opens nothing any more, anywhere. Needs the scope `admin`.',
    args: { id: t.arg.id({ required: true, description: 'The key.' }) },
    complexity: 20,
    resolve: async (_root, { id }, context) => {
      const ref = managed(context, id);
      await revokeKey(context.ctx, { ...ref, actor: context.caller.actor });
      return getKey(context.ctx, ref);
    },
  }),
);

function managed({ caller }: GraphqlContext, id: string): { projectId: string; keyId: string } {
  requireScope(caller, 'admin');
  return { projectId: caller.projectId, keyId: requireId(id) };
}
