import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { join } from 'node:path';
import { create, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Client, credentials, status } from '@grpc/grpc-js';
import { load, type ServiceDefinition } from '@grpc/proto-loader';
import {
  ServerReflection,
  type ServerReflectionRequest,
  ExtensionRequestSchema as V1ExtensionRequestSchema,
} from '@millrace/shared/rpc/gen/grpc/reflection/v1/reflection_pb.js';
import {
  ExtensionRequestSchema,
  ServerReflection as ServerReflectionAlpha,
} from '@millrace/shared/rpc/gen/grpc/reflection/v1alpha/reflection_pb.js';
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '@millrace/shared/rpc/gen/health/v1/health_pb.js';
import { JobService, JobStatus } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { OperationsService } from '@millrace/shared/rpc/gen/millrace/v1/operations_pb.js';
import { expect, onTestFinished, test } from 'vitest';
import { type FakeJobEdge, startFakeJobEdge } from '../testing/fake-job-edge.ts';
import { createGrpcClient, type GrpcClient } from '../testing/grpc-client.ts';
import { startGrpcDoor } from '../testing/start-grpc-door.ts';

const PATIENCE = { timeout: 10_000, interval: 10 };
const PROTO = join(import.meta.dirname, '../../../shared/src/rpc/proto');
const TESTING = join(import.meta.dirname, '../testing');

async function startEdge(methods: Parameters<typeof startFakeJobEdge>[0] = {}): Promise<FakeJobEdge> {
  const edge = await startFakeJobEdge(methods);
  onTestFinished(() => edge.close());
  return edge;
}

test('health follows the edge, for whoever asks and for whoever watches', async () => {
  const edge = await startEdge();
  const { client } = await startGrpcDoor(edge.url);
  const check = async (service: string) =>
    (await client.call(Health.method.check, { service })).message.status;
  await expect.poll(() => check(''), PATIENCE).toBe(ServingStatus.SERVING);
  expect(await check(JobService.typeName)).toBe(ServingStatus.SERVING);
  await expect(check('other')).rejects.toMatchObject({ code: status.NOT_FOUND });
  const { message } = await client.call(Health.method.list);
  expect(Object.keys(message.statuses)).toEqual(['', JobService.typeName, OperationsService.typeName]);

  const watched = client
    .stream(Health.method.watch, { service: JobService.typeName })
    [Symbol.asyncIterator]();
  expect((await watched.next()).value.status).toBe(ServingStatus.SERVING);
  edge.healthy = false;
  expect((await watched.next()).value.status).toBe(ServingStatus.NOT_SERVING);
  expect(await check('')).toBe(ServingStatus.NOT_SERVING);
  edge.healthy = true;
  expect((await watched.next()).value.status).toBe(ServingStatus.SERVING);
}, 30_000);

test('a service that is not known may be watched, and the watch ends with the server', async () => {
  const edge = await startEdge();
  const { client, stop } = await startGrpcDoor(edge.url);
  const watched = client.stream(Health.method.watch, { service: 'other' })[Symbol.asyncIterator]();
  expect((await watched.next()).value.status).toBe(ServingStatus.SERVICE_UNKNOWN);
  const stopped = stop();
  await expect(watched.next()).rejects.toMatchObject({ code: status.UNAVAILABLE });
  await stopped;
});

type Question = ServerReflectionRequest['messageRequest'];

const reflections = {
  v1: (client: GrpcClient, questions: Question[]) =>
    client.exchange(
      ServerReflection.method.serverReflectionInfo,
      questions.map((messageRequest) => ({ messageRequest })),
    ),
  v1alpha: (client: GrpcClient, questions: Question[]) =>
    client.exchange(
      ServerReflectionAlpha.method.serverReflectionInfo,
      questions.map((question) => ({ messageRequest: asAlpha(question) })),
    ),
};

/** The same words under another type. */
function asAlpha(question: Question) {
  if (question.case !== 'fileContainingExtension') return question;
  const { containingType, extensionNumber } = question.value;
  return { case: question.case, value: create(ExtensionRequestSchema, { containingType, extensionNumber }) };
}

test.each(['v1', 'v1alpha'] as const)(
  'reflection %s tells all that a tool needs to call us',
  async (version) => {
    const { client } = await startGrpcDoor((await startEdge()).url);
    const answers = await reflections[version](client, [
      { case: 'listServices', value: '*' },
      { case: 'fileContainingSymbol', value: 'millrace.v1.JobService' },
      { case: 'fileContainingSymbol', value: 'millrace.v1.JobService.GetJob' },
      { case: 'fileByFilename', value: 'google/protobuf/timestamp.proto' },
      { case: 'allExtensionNumbersOfType', value: 'millrace.v1.Job' },
      {
        case: 'fileContainingExtension',
        value: create(V1ExtensionRequestSchema, { containingType: 'millrace.v1.Job' }),
      },
      { case: 'fileContainingSymbol', value: 'millrace.v1.FleetService' },
      { case: undefined },
    ]);
    const files = answers.map(({ messageResponse: { case: kind, value } }) =>
      kind === 'fileDescriptorResponse'
        ? value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name)
        : [],
    );
    const jobsFile = [
      'millrace/v1/jobs.proto',
      'google/protobuf/struct.proto',
      'google/protobuf/timestamp.proto',
    ];
    expect(answers[0]?.messageResponse).toMatchObject({
      value: {
        service: [
          { name: 'grpc.health.v1.Health' },
          { name: 'grpc.reflection.v1.ServerReflection' },
          { name: 'grpc.reflection.v1alpha.ServerReflection' },
          { name: 'millrace.v1.JobService' },
          { name: 'millrace.v1.OperationsService' },
        ],
      },
    });
    expect(files.slice(1, 4)).toEqual([jobsFile, jobsFile, ['google/protobuf/timestamp.proto']]);
    expect(answers[4]?.messageResponse.case).toBe('allExtensionNumbersResponse');
    for (const answer of answers.slice(5, 7)) {
      expect(answer.messageResponse).toMatchObject({ case: 'errorResponse', value: { errorCode: 5 } });
    }
    expect(answers[7]?.messageResponse).toMatchObject({ case: 'errorResponse', value: { errorCode: 3 } });
  },
);

test('a program that reads our .proto file by itself understands us', async () => {
  const edge = await startEdge({
    getJob: ({ id }) => ({
      job: {
        id,
        status: JobStatus.COMPLETED,
        createdAt: { seconds: 5n, nanos: 0 },
        metadata: { film: 1 },
        renditions: [{ resolution: '720p', sizeBytes: 9_007_199_254_740_991n }],
      },
    }),
  });
  const { address } = await startGrpcDoor(edge.url);
  const options = { keepCase: true, enums: String, longs: String, includeDirs: [PROTO] };
  const definitions = await load('millrace/v1/jobs.proto', options);
  const service = definitions['millrace.v1.JobService'] as ServiceDefinition;
  const { path, requestSerialize, responseDeserialize } = service.GetJob ?? expect.fail('there is no GetJob');
  const client = new Client(address, credentials.createInsecure());
  onTestFinished(() => client.close());
  const answer = await new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, { id: 'j' }, (error, value) =>
      error ? reject(error) : resolve(value),
    );
  });
  expect(answer).toMatchObject({
    job: {
      id: 'j',
      status: 'JOB_STATUS_COMPLETED',
      created_at: { seconds: '5' },
      metadata: { fields: { film: { numberValue: 1 } } },
      renditions: [{ resolution: '720p', size_bytes: '9007199254740991' }],
    },
  });
});

test('what is not served is unimplemented', async () => {
  const { address } = await startGrpcDoor((await startEdge()).url);
  const client = new Client(address, credentials.createInsecure());
  onTestFinished(() => client.close());
  const error = await new Promise((resolve) => {
    const bytes = (value: Buffer) => value;
    client.makeUnaryRequest('/millrace.v1.FleetService/ClaimTasks', bytes, bytes, Buffer.of(), resolve);
  });
  expect(error).toMatchObject({ code: status.UNIMPLEMENTED });
});

test('a request that nothing can be made of hurts nobody', async () => {
  const { address, client } = await startGrpcDoor((await startEdge({ getJob: () => ({}) })).url);
  const session = connect(`http://${address}`);
  onTestFinished(() => session.destroy());
  const stream = session.request({
    ':method': 'POST',
    ':path': '/millrace.v1.JobService/GetJob',
    ':authority': 'no[host',
    'content-type': 'application/grpc',
  });
  stream.end();
  const [headers] = await once(stream, 'response');
  expect(headers[':status']).toBe(400);
  expect((await client.call(JobService.method.getJob)).message.job).toBeUndefined();
});

test('with a certificate it speaks TLS', async () => {
  const edge = await startEdge({ getJob: () => ({ job: { id: 'j' } }) });
  const [cert, key] = await Promise.all([
    readFile(join(TESTING, 'tls/cert.pem')),
    readFile(join(TESTING, 'tls/key.pem')),
  ]);
  const { address, client: plain } = await startGrpcDoor(edge.url, { cert, key });
  const client = createGrpcClient(address.replace('127.0.0.1', 'localhost'), credentials.createSsl(cert));
  onTestFinished(() => client.close());
  expect((await client.call(JobService.method.getJob)).message.job?.id).toBe('j');
  await expect(plain.call(JobService.method.getJob)).rejects.toMatchObject({ code: status.UNAVAILABLE });
});
