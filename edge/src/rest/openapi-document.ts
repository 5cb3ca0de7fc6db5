import type { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { PROJECT_ID } from '../auth/find-project.ts';
import { REFUSALS, type RefusalCode } from '../refusal.ts';
import { needsNoKey } from './require-access.ts';
import type { RestEnv } from './rest-env.ts';

const HEAD = {
  openapi: '3.1.0',
  info: {
    title: 'Millrace',
    version: '1',
    description:
      'Turns an uploaded video into HLS and MP4 renditions. Errors are RFC 9457 problem documents. Every POST takes an `Idempotency-Key`.',
  },
  security: [{ key: [] }],
  tags: [
    { name: 'Jobs', description: 'One source, one profile, one set of outputs.' },
    { name: 'Uploads', description: 'How a source gets into storage.' },
    { name: 'Events', description: 'What happened, and what is happening.' },
    { name: 'Playback', description: 'Links that play and download.' },
    { name: 'Webhooks', description: 'Being told.' },
    { name: 'Access', description: 'Projects, keys, users.' },
    { name: 'Erasures', description: 'Receipts of what is gone.' },
    { name: 'Operations', description: 'Pausing dispatch, and what was given up on.' },
    { name: 'System', description: 'Health and metrics.' },
  ],
};

/** Where an operation stands in the document, by the beginning of its path. */
const TAGS: Record<string, string> = {
  jobs: 'Jobs',
  uploads: 'Uploads',
  'upload-url': 'Uploads',
  events: 'Events',
  playback: 'Playback',
  'download-url': 'Playback',
  webhooks: 'Webhooks',
  projects: 'Access',
  keys: 'Access',
  users: 'Access',
  erasures: 'Erasures',
  operations: 'Operations',
};

/** What any operation may answer, what any may that asks the database, and what any may that needs a key. */
const ALWAYS: RefusalCode[] = ['internal'];
const WITH_DATABASE: RefusalCode[] = ['database_unavailable'];
const WITH_KEY: RefusalCode[] = [
  'unauthorized',
  'forbidden',
  'project_erasing',
  'project_not_found',
  'identity_provider_unavailable',
];
/** Who scrapes metrics is not counted. */
const WITH_RATE: RefusalCode[] = ['rate_limited'];
const OF_POST: RefusalCode[] = [
  'invalid_request',
  'body_too_large',
  'idempotency_key_in_flight',
  'idempotency_key_reused',
];

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'The same key with the same request gets the first answer again, for 24 hours, marked with `Idempotency-Replayed`.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const PROJECT_ID_HEADER = {
  name: 'X-Project-Id',
  in: 'header',
  required: false,
  description: 'The project to act in: for the operator, and for tokens that give roles in several.',
  schema: { type: 'string', pattern: PROJECT_ID.source },
};

/** Headers that come with a refusal of these statuses. */
const HEADERS_OF: Record<number, object> = {
  401: {
    'WWW-Authenticate': { required: true, description: 'Always `Bearer`.', schema: { type: 'string' } },
  },
  429: retryAfter(),
  503: retryAfter(),
};

const response = z.looseObject({ description: z.string(), headers: z.looseObject({}).optional() });
const operation = z.looseObject({
  tags: z.array(z.string()).optional(),
  parameters: z.array(z.unknown()).optional(),
  responses: z.record(z.string(), response),
});
const document = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), operation)) });
type Operation = z.infer<typeof operation>;

/** OpenAPI 3.1 of the operations that run, with what they have in common. */
export function openapiDocument(app: OpenAPIHono<RestEnv>): z.infer<typeof document> {
  const described = document.parse(JSON.parse(JSON.stringify(app.getOpenAPI31Document(HEAD))));
  for (const [path, methods] of Object.entries(described.paths)) {
    for (const [method, described] of Object.entries(methods)) complete(described, method, path);
  }
  return described;
}

function complete(described: Operation, method: string, path: string): void {
  described.tags ??= [TAGS[path.split('/')[1] ?? ''] ?? 'System'];
  const isOpen = needsNoKey(path);
  const takesKey = method === 'post' && !isOpen;
  if (isOpen) described.security = [];
  if (!isOpen) described.parameters = [...(described.parameters ?? []), PROJECT_ID_HEADER];
  if (takesKey) described.parameters = [...(described.parameters ?? []), IDEMPOTENCY_KEY];
  const codes = [
    ...ALWAYS,
    ...(path === '/health' ? [] : WITH_DATABASE),
    ...(isOpen ? [] : WITH_KEY),
    ...(isOpen || path === '/metrics' ? [] : WITH_RATE),
    ...(takesKey ? OF_POST : []),
  ];
  for (const code of codes) addRefusal(described, code);
  for (const [status, headers] of Object.entries(HEADERS_OF)) {
    const refused = described.responses[status];
    if (refused) described.responses[status] = { ...refused, headers: { ...refused.headers, ...headers } };
  }
}

function addRefusal({ responses }: Operation, code: RefusalCode): void {
  const { status, title } = REFUSALS[code];
  const there = responses[status];
  if (there?.description.includes(`\`${code}\``)) return;
  responses[status] = there
    ? { ...there, description: `${there.description} \`${code}\`: ${title}.` }
    : { description: `\`${code}\`: ${title}.`, content: PROBLEM };
}

function retryAfter() {
  const description = 'Seconds after which trying again may help.';
  return { 'Retry-After': { required: false, description, schema: { type: 'string', pattern: '^\\d+$' } } };
}

const PROBLEM = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
