import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Caller, SCOPES, type Scope } from '../auth/caller.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { createGraphqlServer } from './graphql-server.ts';
import { newLoaders } from './loaders.ts';
import { buildSchema } from './schema.ts';

/* Every root field, asked by somebody who may do everything else. Ids are nonsense: scopes are looked at first. */

let outside: TestContext;
const server = createGraphqlServer({ introspection: true });

beforeAll(async () => {
  outside = await openTestContext();
});
afterAll(async () => {
  await outside.settled();
  await outside.close();
});

const FILE = '{filename: "a.mp4", contentType: "video/mp4", sizeBytes: 5}';

const NEEDED: [string, Scope | 'operator'][] = [
  ['{ jobs { id } }', 'jobs:read'],
  ['{ job(id: "x") { id } }', 'jobs:read'],
  ['{ jobsConnection { nodes { id } } }', 'jobs:read'],
  ['{ systemMetrics { totalJobs } }', 'jobs:read'],
  ['{ downloadUrl(outputKey: "x") { url } }', 'jobs:read'],
  ['{ taskLog(jobId: "x", taskId: "x") }', 'jobs:read'],
  ['{ playbackLinks(id: "x") { hlsUrl } }', 'jobs:read'],
  ['{ upload(id: "x") { id } }', 'jobs:read'],
  ['{ uploads { nodes { id } } }', 'jobs:read'],
  ['{ uploadParts(id: "x") { partNumber } }', 'uploads:write'],
  ['{ erasure(id: "x") { id } }', 'jobs:read'],
  ['{ erasures { nodes { id } } }', 'jobs:read'],
  ['{ webhook(id: "x") { id } }', 'webhooks:manage'],
  ['{ webhooks { nodes { id } } }', 'webhooks:manage'],
  ['{ delivery(webhookId: "x", id: "x") { body } }', 'webhooks:manage'],
  ['{ deliveries(webhookId: "x") { nodes { id } } }', 'webhooks:manage'],
  ['{ apiKey(id: "x") { id } }', 'admin'],
  ['{ apiKeys { nodes { id } } }', 'admin'],
  ['{ users { nodes { subject } } }', 'admin'],
  ['{ project(id: "default") { project { id } } }', 'admin'],
  ['{ projects { nodes { id } } }', 'operator'],
  ['{ dispatchPauses { nodes { id } } }', 'admin'],
  ['{ deadLetters { nodes { id } } }', 'admin'],
  ['mutation { createJob(input: {inputKey: "x"}) { id } }', 'jobs:write'],
  ['mutation { createJobs(inputs: [{inputKey: "x"}]) { job { id } } }', 'jobs:write'],
  ['mutation { cancelJob(id: "x") { id } }', 'jobs:write'],
  ['mutation { retryJob(id: "x") { id } }', 'jobs:write'],
  ['mutation { updateJob(id: "x", changes: {}) { id } }', 'jobs:write'],
  ['mutation { deleteJob(id: "x") { id } }', 'jobs:write'],
  ['mutation { revokePlayback(id: "x") { id } }', 'jobs:write'],
  [`mutation { createUpload(input: ${FILE}) { uploadId } }`, 'uploads:write'],
  [`mutation { createMultipartUpload(input: ${FILE}) { uploadId } }`, 'uploads:write'],
  ['mutation { confirmUploadParts(id: "x", parts: []) { id } }', 'uploads:write'],
  ['mutation { completeUpload(id: "x") { id } }', 'uploads:write'],
  ['mutation { holdUpload(id: "x", legalHold: true) { id } }', 'uploads:write'],
  ['mutation { deleteUpload(id: "x") { id } }', 'uploads:write'],
  ['mutation { createWebhook(input: {url: "x"}) { secret } }', 'webhooks:manage'],
  ['mutation { updateWebhook(id: "x", changes: {}) { id } }', 'webhooks:manage'],
  ['mutation { deleteWebhook(id: "x") }', 'webhooks:manage'],
  ['mutation { rotateWebhookSecret(id: "x") { secret } }', 'webhooks:manage'],
  ['mutation { testWebhook(id: "x") { id } }', 'webhooks:manage'],
  ['mutation { replayDelivery(webhookId: "x", id: "x") { id } }', 'webhooks:manage'],
  ['mutation { createApiKey(input: {name: "x", scopes: ["jobs:read"]}) { key } }', 'admin'],
  ['mutation { rotateApiKey(id: "x") { key } }', 'admin'],
  ['mutation { revokeApiKey(id: "x") { id } }', 'admin'],
  ['mutation { createProject(input: {id: "films"}) { id } }', 'operator'],
  ['mutation { updateProject(id: "default", changes: {}) { project { id } } }', 'admin'],
  ['mutation { eraseProject(id: "films") { id } }', 'operator'],
  ['mutation { pauseDispatch(input: {scope: project, reason: "x"}) { id } }', 'admin'],
  ['mutation { resumeDispatch(id: "x") { id } }', 'admin'],
  ['mutation { redriveDeadLetters(input: {}) { redriven { id } } }', 'admin'],
  ['subscription { jobUpdated(id: "x") { id } }', 'jobs:read'],
];

test.each(NEEDED)('%s needs %s, and nothing else will do', async (query, needed) => {
  const others = SCOPES.filter((scope) => scope !== needed && (scope !== 'admin' || needed === 'operator'));
  const operator = needed === 'operator';
  expect(await ask(query, { scopes: others, operator: false })).toContain('"code":"forbidden"');
  expect(await ask(query, { scopes: operator ? others : [needed], operator })).not.toContain('"forbidden"');
});

test('no root field is missing here', () => {
  const schema = buildSchema();
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const asked = NEEDED.map(([query]) => /\{ (\w+)/.exec(query)?.[1]);
  expect(asked.toSorted()).toEqual(roots.flatMap((type) => Object.keys(type?.getFields() ?? {})).toSorted());
});

async function ask(query: string, caller: Pick<Caller, 'scopes' | 'operator'>): Promise<string> {
  const { ctx } = outside;
  const accept = query.startsWith('subscription') ? 'text/event-stream' : 'application/json';
  const answer = await server.answer(
    new Request('https://edge.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ query }),
    }),
    {
      ctx,
      caller: { projectId: 'default', actor: 'key:test', ...caller },
      origin: 'https://edge.test',
      traceparent: '',
      requestId: 'r',
      headers: new Headers(),
      signal: new AbortController().signal,
      loaders: newLoaders(ctx, 'default'),
      measure: () => {},
      keepTrace: () => ({}),
      onStream: () => {},
      onSecret: () => {},
      onErrors: () => {},
    },
  );
  return answer.text();
}
