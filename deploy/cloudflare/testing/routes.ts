import { z } from 'zod';
import {
  type AccountState,
  addVersion,
  defaultLifecycle,
  deployVersion,
  newId,
  type ScriptState,
  type VersionState,
} from './account-state.ts';

/*
 * Cloudflare's API as its reference documents it (paths, envelopes, field names, error codes), over a state in
 * memory: what the deployment calls, and what `wrangler deploy` calls.
 */

export interface ApiRequest {
  /** The parts of the path that the route names. */
  ids: string[];
  query: URLSearchParams;
  headers: Headers;
  json(): unknown;
  form(): Promise<FormData>;
}

export class ApiRefusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export interface Route {
  method: string;
  /** Below /accounts/ID, `*` for a part; or /zones. */
  path: string;
  permission: 'scripts' | 'queues' | 'bucket' | 'zones';
  answer(state: AccountState, request: ApiRequest): unknown;
}

const consumerBody = z.object({
  type: z.literal('http_pull'),
  dead_letter_queue: z.string().optional(),
  settings: z.object({
    batch_size: z.int().min(1).max(100).optional(),
    max_retries: z.int().min(0).max(100).optional(),
    retry_delay: z.int().min(0).max(86_400).optional(),
    visibility_timeout_ms: z.int().min(0).max(43_200_000).optional(),
  }),
});
const corsBody = z.object({
  rules: z.array(
    z.object({
      id: z.string().optional(),
      allowed: z.object({
        methods: z.array(z.enum(['GET', 'PUT', 'POST', 'DELETE', 'HEAD'])),
        origins: z.array(z.string()),
        headers: z.array(z.string().refine((name) => name !== '*', 'R2 takes no *')).optional(),
      }),
      exposeHeaders: z.array(z.string()).optional(),
      maxAgeSeconds: z.int().optional(),
    }),
  ),
});
const age = z.object({ condition: z.object({ type: z.literal('Age'), maxAge: z.int().positive() }) });
const lifecycleBody = z.object({
  rules: z.array(
    z.object({
      id: z.string(),
      enabled: z.boolean(),
      conditions: z.object({ prefix: z.string() }),
      abortMultipartUploadsTransition: age.optional(),
      deleteObjectsTransition: age.optional(),
    }),
  ),
});
const deploymentBody = z.object({
  strategy: z.literal('percentage'),
  versions: z.array(z.object({ version_id: z.string(), percentage: z.literal(100) })).length(1),
  annotations: z.object({ 'workers/message': z.string().max(1000).optional() }).optional(),
});
const uploadMetadata = z.looseObject({
  bindings: z.array(z.looseObject({ type: z.string(), name: z.string() })).default([]),
  annotations: z
    .object({
      'workers/tag': z.string().max(100).optional(),
      'workers/message': z.string().max(1000).optional(),
    })
    .optional(),
});

export const routes: readonly Route[] = [
  {
    ...{ method: 'GET', path: '/queues', permission: 'queues' },
    answer: ({ queues }, { query }) =>
      queues
        .filter(({ queue_name }) => query.get('name') === null || queue_name === query.get('name'))
        .map(({ consumers, ...queue }) => ({ ...queue, consumers, consumers_total_count: consumers.length })),
  },
  {
    ...{ method: 'POST', path: '/queues', permission: 'queues' },
    answer(state, request) {
      const { queue_name } = parse(z.object({ queue_name: z.string().regex(/^[a-z0-9-]{1,63}$/) }), request);
      if (state.queues.some((queue) => queue.queue_name === queue_name))
        throw new ApiRefusal(409, 11009, `Queue name '${queue_name}' is already taken.`);
      const settings = { delivery_delay: 0, delivery_paused: false, message_retention_period: 345_600 };
      const queue = { queue_id: newId(state), queue_name, settings, consumers: [] };
      state.queues.push(queue);
      return queue;
    },
  },
  {
    ...{ method: 'PATCH', path: '/queues/*', permission: 'queues' },
    answer(state, request) {
      const queue = queueOf(state, request);
      const settings = z.object({
        message_retention_period: z.int().min(60).max(1_209_600).optional(),
        delivery_delay: z.int().optional(),
        delivery_paused: z.boolean().optional(),
      });
      const body = parse(z.object({ queue_name: z.string().optional(), settings }), request);
      Object.assign(queue.settings, body.settings);
      return queue;
    },
  },
  {
    ...{ method: 'GET', path: '/queues/*/consumers', permission: 'queues' },
    answer: (state, request) => queueOf(state, request).consumers,
  },
  {
    ...{ method: 'POST', path: '/queues/*/consumers', permission: 'queues' },
    answer(state, request) {
      const queue = queueOf(state, request);
      const body = parse(consumerBody, request);
      if (queue.consumers.length > 0) throw new ApiRefusal(400, 11004, 'Queue already has a consumer.');
      requireDeadLetterQueue(state, body.dead_letter_queue);
      const consumer = { consumer_id: newId(state), queue_name: queue.queue_name, ...body };
      queue.consumers.push(consumer);
      return consumer;
    },
  },
  {
    ...{ method: 'PUT', path: '/queues/*/consumers/*', permission: 'queues' },
    answer(state, request) {
      const consumer = queueOf(state, request).consumers.find(
        ({ consumer_id }) => consumer_id === request.ids[1],
      );
      if (!consumer) throw new ApiRefusal(404, 10104, 'Consumer not found.');
      const body = parse(consumerBody, request);
      requireDeadLetterQueue(state, body.dead_letter_queue);
      return Object.assign(consumer, body);
    },
  },
  {
    ...{ method: 'GET', path: '/r2/buckets/*', permission: 'bucket' },
    answer(state, request) {
      const { name, location, jurisdiction } = bucketOf(state, request);
      return {
        name,
        location,
        jurisdiction,
        creation_date: '2026-11-22T12:00:00Z',
        storage_class: 'Standard',
      };
    },
  },
  {
    ...{ method: 'POST', path: '/r2/buckets', permission: 'bucket' },
    answer(state, request) {
      const body = parse(
        z.object({
          name: z.string(),
          locationHint: z.enum(['apac', 'eeur', 'enam', 'weur', 'wnam', 'oc']).optional(),
        }),
        request,
      );
      const key = bucketKey(request, body.name);
      if (state.buckets.has(key))
        throw new ApiRefusal(409, 10004, 'The bucket you tried to create already exists, and you own it.');
      const jurisdiction = request.headers.get('cf-r2-jurisdiction') ?? 'default';
      const location = body.locationHint ?? 'enam';
      state.buckets.set(key, {
        name: body.name,
        location,
        jurisdiction,
        cors: null,
        lifecycle: [defaultLifecycle],
      });
      return { name: body.name, location, jurisdiction };
    },
  },
  {
    ...{ method: 'GET', path: '/r2/buckets/*/cors', permission: 'bucket' },
    answer(state, request) {
      const { cors } = bucketOf(state, request);
      if (cors === null) throw new ApiRefusal(404, 10059, 'The CORS configuration does not exist.');
      return { rules: cors };
    },
  },
  {
    ...{ method: 'PUT', path: '/r2/buckets/*/cors', permission: 'bucket' },
    answer(state, request) {
      bucketOf(state, request).cors = parse(corsBody, request).rules;
      return {};
    },
  },
  {
    ...{ method: 'GET', path: '/r2/buckets/*/lifecycle', permission: 'bucket' },
    answer: (state, request) => ({ rules: bucketOf(state, request).lifecycle }),
  },
  {
    ...{ method: 'PUT', path: '/r2/buckets/*/lifecycle', permission: 'bucket' },
    answer(state, request) {
      bucketOf(state, request).lifecycle = parse(lifecycleBody, request).rules;
      return {};
    },
  },
  {
    ...{ method: 'GET', path: '/workers/subdomain', permission: 'scripts' },
    answer({ subdomain }) {
      if (subdomain === null) throw new ApiRefusal(404, 10007, 'There is no subdomain.');
      return { subdomain };
    },
  },
  {
    ...{ method: 'GET', path: '/workers/services/*', permission: 'scripts' },
    answer(state, request) {
      scriptOf(state, request);
      const script = { tag: null, last_deployed_from: 'api', migration_tag: null };
      return { default_environment: { environment: 'production', script } };
    },
  },
  {
    ...{ method: 'GET', path: '/workers/workers/*', permission: 'scripts' },
    answer(state, request) {
      const { workersDev } = scriptOf(state, request);
      const [name = ''] = request.ids;
      const subdomain = { enabled: workersDev, previews_enabled: false };
      return { id: name, name, created_on: '2026-11-22T12:00:00Z', logpush: false, subdomain, tags: [] };
    },
  },
  {
    ...{ method: 'PUT', path: '/workers/scripts/*', permission: 'scripts' },
    async answer(state, request) {
      const [name = ''] = request.ids;
      const metadata = await readUpload(state, request);
      const script: ScriptState = state.scripts.get(name) ?? {
        ...{ versions: [], deployments: [], schedules: [], workersDev: false },
      };
      state.scripts.set(name, script);
      const version = addVersion(state, script, versionOf(metadata));
      deployVersion(state, script, version.id, version.message);
      return {
        id: name,
        etag: version.id,
        pipeline_hash: null,
        deployment_id: version.id,
        startup_time_ms: 5,
      };
    },
  },
  {
    ...{ method: 'POST', path: '/workers/scripts/*/versions', permission: 'scripts' },
    async answer(state, request) {
      const script = scriptOf(state, request);
      const version = addVersion(state, script, versionOf(await readUpload(state, request)));
      const resources = { script: { etag: version.id } };
      return { id: version.id, number: script.versions.length, resources, startup_time_ms: 5 };
    },
  },
  {
    ...{ method: 'PATCH', path: '/workers/scripts/*/script-settings', permission: 'scripts' },
    answer: (state, request) => {
      scriptOf(state, request);
      return request.json();
    },
  },
  {
    ...{ method: 'GET', path: '/workers/scripts/*/secrets', permission: 'scripts' },
    answer(state, request) {
      const script = scriptOf(state, request);
      const version = script.versions.find(({ id }) => id === script.deployments[0]?.version_id);
      return Object.keys(version?.secrets ?? {}).map((name) => ({ name, type: 'secret_text' }));
    },
  },
  {
    ...{ method: 'GET', path: '/workers/scripts/*/deployments', permission: 'scripts' },
    answer: (state, request) => ({
      deployments: scriptOf(state, request)
        .deployments.slice(0, 10)
        .map(({ id, version_id, message, created_on }) => ({
          ...{ id, created_on, source: 'api', strategy: 'percentage', author_email: 'ops@example.com' },
          versions: [{ version_id, percentage: 100 }],
          annotations: {
            'workers/triggered_by': 'deployment',
            ...(message ? { 'workers/message': message } : {}),
          },
        })),
    }),
  },
  {
    ...{ method: 'POST', path: '/workers/scripts/*/deployments', permission: 'scripts' },
    answer(state, request) {
      const script = scriptOf(state, request);
      const body = parse(deploymentBody, request);
      const id = body.versions[0]?.version_id ?? '';
      if (!script.versions.some((version) => version.id === id))
        throw new ApiRefusal(404, 10007, 'This version does not exist on your account.');
      const message = body.annotations?.['workers/message'];
      const deployment = deployVersion(state, script, id, message);
      return { id: deployment.id, source: 'api', strategy: 'percentage', versions: body.versions };
    },
  },
  {
    ...{ method: 'GET', path: '/workers/scripts/*/versions/*', permission: 'scripts' },
    answer(state, request) {
      const script = scriptOf(state, request);
      const version = script.versions.find(({ id }) => id === request.ids[1]);
      if (!version) throw new ApiRefusal(404, 10007, 'This version does not exist on your account.');
      const { id, tag, message, metadata } = version;
      return {
        ...{ id, number: script.versions.length - script.versions.indexOf(version) },
        metadata: { created_on: '2026-11-22T12:00:00Z', source: 'wrangler' },
        annotations: {
          ...(tag ? { 'workers/tag': tag } : {}),
          ...(message ? { 'workers/message': message } : {}),
        },
        resources: { bindings: metadata.bindings, script: { etag: id }, script_runtime: {} },
      };
    },
  },
  {
    ...{ method: 'GET', path: '/workers/scripts/*/schedules', permission: 'scripts' },
    answer: (state, request) => ({
      schedules: scriptOf(state, request).schedules.map((cron) => ({
        cron,
        created_on: '2026-11-22T12:00:00Z',
      })),
    }),
  },
  {
    ...{ method: 'PUT', path: '/workers/scripts/*/schedules', permission: 'scripts' },
    answer(state, request) {
      const crons = parse(z.array(z.object({ cron: z.string() })), request);
      scriptOf(state, request).schedules = crons.map(({ cron }) => cron);
      return { schedules: crons };
    },
  },
  {
    ...{ method: 'GET', path: '/workers/scripts/*/subdomain', permission: 'scripts' },
    answer: (state, request) => ({
      enabled: scriptOf(state, request).workersDev,
      previews_enabled: false,
    }),
  },
  {
    ...{ method: 'POST', path: '/workers/scripts/*/subdomain', permission: 'scripts' },
    answer(state, request) {
      const body = parse(
        z.object({ enabled: z.boolean(), previews_enabled: z.boolean().optional() }),
        request,
      );
      scriptOf(state, request).workersDev = body.enabled;
      return { enabled: body.enabled, previews_enabled: body.previews_enabled ?? false };
    },
  },
  {
    ...{ method: 'POST', path: '/workers/scripts/*/assets-upload-session', permission: 'scripts' },
    // No buckets to upload: every file is known already.
    answer: () => ({ jwt: 'assets-complete', buckets: [] }),
  },
  {
    ...{ method: 'GET', path: '/workers/domains', permission: 'scripts' },
    answer: ({ domains }, { query }) =>
      domains
        .filter(({ hostname }) => query.get('hostname') === null || hostname === query.get('hostname'))
        .map((domain) => ({ ...domain, environment: 'production', cert_id: 'certificate' })),
  },
  {
    ...{ method: 'PUT', path: '/workers/domains', permission: 'scripts' },
    answer(state, request) {
      const { hostname, service, zone_id } = parse(
        z.object({ hostname: z.string(), service: z.string(), zone_id: z.string() }),
        request,
      );
      const zone = state.zones.find(({ id }) => id === zone_id);
      if (!zone) throw new ApiRefusal(404, 7003, 'Could not route to the zone.');
      if (!state.scripts.has(service)) throw new ApiRefusal(404, 10007, 'This Worker does not exist.');
      const others = state.domains.filter((domain) => domain.hostname !== hostname);
      const domain = { id: newId(state), hostname, service, zone_id, zone_name: zone.name };
      state.domains = [...others, domain];
      return { ...domain, environment: 'production', cert_id: 'certificate' };
    },
  },
  {
    ...{ method: 'GET', path: '/zones', permission: 'zones' },
    answer: ({ zones }, { query }) =>
      zones
        .filter(({ name }) => query.get('name') === null || name === query.get('name'))
        .map((zone) => ({ ...zone, status: 'active', paused: false, type: 'full' })),
  },
];

function parse<T>(body: z.ZodType<T>, request: ApiRequest): T {
  const read = body.safeParse(request.json());
  if (!read.success) throw new ApiRefusal(400, 10001, z.prettifyError(read.error));
  return read.data;
}

function queueOf(state: AccountState, { ids }: ApiRequest) {
  const queue = state.queues.find(({ queue_id }) => queue_id === ids[0]);
  if (!queue) throw new ApiRefusal(404, 10104, 'Queue does not exist.');
  return queue;
}

function requireDeadLetterQueue(state: AccountState, name: string | undefined): void {
  if (name && !state.queues.some(({ queue_name }) => queue_name === name))
    throw new ApiRefusal(404, 11002, `Dead letter queue '${name}' does not exist.`);
}

async function readUpload(state: AccountState, request: ApiRequest): Promise<z.infer<typeof uploadMetadata>> {
  const metadata = uploadMetadata.parse(JSON.parse(String((await request.form()).get('metadata'))));
  requireResources(state, metadata.bindings);
  return metadata;
}

function versionOf(metadata: z.infer<typeof uploadMetadata>): Omit<VersionState, 'id'> {
  const secrets = metadata.bindings.filter(({ type }) => type === 'secret_text');
  return {
    tag: metadata.annotations?.['workers/tag'],
    message: metadata.annotations?.['workers/message'],
    metadata,
    secrets: Object.fromEntries(secrets.map(({ name, text }) => [name, String(text)])),
  };
}

/** A version is refused that names what is not there. */
function requireResources(state: AccountState, bindings: { type: string; [field: string]: unknown }[]): void {
  for (const { type, queue_name, bucket_name, jurisdiction } of bindings) {
    if (type === 'queue' && !state.queues.some((queue) => queue.queue_name === queue_name))
      throw new ApiRefusal(400, 10100, `Queue ${queue_name} does not exist.`);
    const key = `${jurisdiction ?? 'default'}/${bucket_name}`;
    if (type === 'r2_bucket' && !state.buckets.has(key))
      throw new ApiRefusal(400, 10085, `R2 bucket '${bucket_name}' not found.`);
  }
}

function bucketKey({ headers }: ApiRequest, name: string): string {
  return `${headers.get('cf-r2-jurisdiction') ?? 'default'}/${name}`;
}

function bucketOf(state: AccountState, request: ApiRequest) {
  const bucket = state.buckets.get(bucketKey(request, request.ids[0] ?? ''));
  if (!bucket) throw new ApiRefusal(404, 10006, 'The specified bucket does not exist.');
  return bucket;
}

function scriptOf(state: AccountState, { ids }: ApiRequest): ScriptState {
  const script = state.scripts.get(ids[0] ?? '');
  if (!script) throw new ApiRefusal(404, 10007, 'This Worker does not exist on your account.');
  return script;
}
