import {
  type GraphQLArgument,
  type GraphQLNamedType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
} from 'graphql';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { erasureReceipt } from '../rest/erasure-json.ts';
import { jobEvent, task } from '../rest/job-history.ts';
import { job } from '../rest/job-json.ts';
import { key } from '../rest/key-json.ts';
import { openapiDocument } from '../rest/openapi-document.ts';
import { deadLetter, pause, redriven } from '../rest/operations-json.ts';
import { project } from '../rest/project-json.ts';
import { createRest } from '../rest/rest.ts';
import { uploadWithParts } from '../rest/upload-json.ts';
import { delivery, webhook } from '../rest/webhook-json.ts';
import { buildSchema } from './schema.ts';

/* GraphQL is equal to REST: what is added there and forgotten here fails a test of this file. */

/** The field that does what an operation of REST does. */
const FIELDS: Record<string, string> = {
  createJob: 'Mutation.createJob',
  createJobs: 'Mutation.createJobs',
  listJobs: 'Query.jobsConnection',
  getJob: 'Query.job',
  updateJob: 'Mutation.updateJob',
  cancelJob: 'Mutation.cancelJob',
  retryJob: 'Mutation.retryJob',
  eraseJob: 'Mutation.deleteJob',
  listJobEvents: 'Job.events',
  listTasks: 'Job.taskList',
  getTaskLog: 'Query.taskLog',
  streamJobEvents: 'Subscription.jobUpdated',
  getDownloadUrl: 'Query.downloadUrl',
  getPlayback: 'Query.playbackLinks',
  revokePlayback: 'Mutation.revokePlayback',
  getUploadUrl: 'Mutation.createUpload',
  createUpload: 'Mutation.createMultipartUpload',
  listUploads: 'Query.uploads',
  getUpload: 'Query.upload',
  getUploadParts: 'Query.uploadParts',
  confirmUploadParts: 'Mutation.confirmUploadParts',
  completeUpload: 'Mutation.completeUpload',
  updateUpload: 'Mutation.holdUpload',
  deleteUpload: 'Mutation.deleteUpload',
  createWebhook: 'Mutation.createWebhook',
  listWebhooks: 'Query.webhooks',
  getWebhook: 'Query.webhook',
  updateWebhook: 'Mutation.updateWebhook',
  deleteWebhook: 'Mutation.deleteWebhook',
  rotateWebhookSecret: 'Mutation.rotateWebhookSecret',
  testWebhook: 'Mutation.testWebhook',
  listDeliveries: 'Query.deliveries',
  getDelivery: 'Query.delivery',
  replayDelivery: 'Mutation.replayDelivery',
  createKey: 'Mutation.createApiKey',
  listKeys: 'Query.apiKeys',
  getKey: 'Query.apiKey',
  rotateKey: 'Mutation.rotateApiKey',
  revokeKey: 'Mutation.revokeApiKey',
  listUsers: 'Query.users',
  createProject: 'Mutation.createProject',
  listProjects: 'Query.projects',
  getProject: 'Query.project',
  updateProject: 'Mutation.updateProject',
  eraseProject: 'Mutation.eraseProject',
  pauseDispatch: 'Mutation.pauseDispatch',
  listPauses: 'Query.dispatchPauses',
  resumeDispatch: 'Mutation.resumeDispatch',
  listDeadLetters: 'Query.deadLetters',
  redriveDeadLetters: 'Mutation.redriveDeadLetters',
  listErasures: 'Query.erasures',
  getErasure: 'Query.erasure',
};

/** Operations that have no field, and why. */
const EXCEPTIONS: Record<string, string> = {
  getHealth: 'Load balancers ask it; it is no data of a project.',
  getMetrics: 'Prometheus reads text.',
  streamEvents: 'Of a whole project: `jobUpdated` streams a job.',
};
const MEDIA = /^\/playback\//;

const schema = buildSchema();

test('every operation of REST has a field here', () => {
  const { paths } = z
    .object({ paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string() }))) })
    .parse(openapiDocument(createRest()));
  const operations = Object.entries(paths)
    .filter(([path]) => !MEDIA.test(path))
    .flatMap(([, methods]) => Object.values(methods).map(({ operationId }) => operationId));
  expect(operations.filter((id) => !(id in FIELDS) && !(id in EXCEPTIONS))).toEqual([]);
  expect(
    [...Object.keys(FIELDS), ...Object.keys(EXCEPTIONS)].filter((id) => !operations.includes(id)),
  ).toEqual([]);
  expect(Object.values(FIELDS).filter((field) => !isThere(schema, field))).toEqual([]);
});

test('every root field stands for an operation of REST', () => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const fields = roots.flatMap((type) =>
    Object.keys(type?.getFields() ?? {}).map((name) => `${type?.name}.${name}`),
  );
  // What `GET /metrics` counts for the installation, counted for a project; and a list without its pages.
  const more = ['Query.systemMetrics', 'Query.jobs'];
  expect(fields.filter((field) => !Object.values(FIELDS).includes(field) && !more.includes(field))).toEqual(
    [],
  );
});

test.each([
  ['Job', job],
  ['Source', unwrap(job.shape.source)],
  ['Rendition', job.shape.renditions.element],
  ['Quality', unwrap(job.shape.renditions.element.shape.quality)],
  ['AudioTrack', job.shape.audio.element],
  ['SubtitleTrack', job.shape.subtitles.element],
  ['SkippedStream', job.shape.skipped.element],
  ['TaskCounts', job.shape.tasks],
  ['JobEvent', jobEvent],
  ['Task', task],
  ['TaskAttempt', task.shape.attempts.element],
  ['Erasure', erasureReceipt],
  ['Upload', uploadWithParts],
  ['Webhook', webhook],
  ['Delivery', delivery],
  ['DeliveryAttempt', delivery.shape.attempts.element],
  ['ApiKey', key],
  ['Project', project],
  ['DispatchPause', pause],
  ['DeadLetter', deadLetter],
  ['RefusedDeadLetter', redriven.shape.refused.element],
  ['RedrivenDeadLetters', redriven],
])("%s has every field of REST's", (name, shape) => {
  const type = schema.getType(name);
  const here = isObjectType(type) ? Object.keys(type.getFields()) : [];
  const there = Object.keys(shape.shape)
    .map((field) => (field === 'upload_id' && name === 'Upload' ? 'id' : field))
    .map(camelCase);
  expect(there.filter((field) => !here.includes(field))).toEqual([]);
});

test('every type, field, argument and input says what it means', () => {
  const own = Object.values(schema.getTypeMap()).filter(
    ({ name }) => !name.startsWith('__') && !BUILT_IN.has(name),
  );
  expect(own.flatMap(undescribed)).toEqual([]);
  expect(own.length).toBeGreaterThan(50);
});

const BUILT_IN = new Set(['ID', 'String', 'Int', 'Float', 'Boolean']);

function undescribed(type: GraphQLNamedType): string[] {
  const silent = type.description ? [] : [type.name];
  if (isEnumType(type) || !(isObjectType(type) || isInputObjectType(type))) return silent;
  for (const field of Object.values(type.getFields())) {
    if (!field.description) silent.push(`${type.name}.${field.name}`);
    const args: readonly GraphQLArgument[] = 'args' in field ? field.args : [];
    silent.push(
      ...args.filter((arg) => !arg.description).map((arg) => `${type.name}.${field.name}(${arg.name})`),
    );
  }
  return silent;
}

function isThere(schema: GraphQLSchema, path: string): boolean {
  const [name = '', field = ''] = path.split('.');
  const type = schema.getType(name);
  return isObjectType(type) && field in type.getFields();
}

/** The object of a union with null. */
function unwrap<T extends z.ZodObject>(union: z.ZodUnion<readonly [T, z.ZodNull]>): T {
  const [object] = union.options;
  return object;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
