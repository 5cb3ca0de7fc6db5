import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problemShape, type RestClient, restClient } from '../testing/rest-client.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';

let outside: TestContext;
let client: RestClient;
const UNKNOWN = '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c';

beforeAll(async () => {
  outside = await openTestContext();
  client = restClient(outside.ctx);
});
afterAll(() => outside.close());

describe('what is wrong with a request is said, and is never our failure', () => {
  const deep = JSON.stringify({ input_key: 'uploads/a', metadata: { a: 'x'.repeat(5_000) } });
  const cases: [string, string, string, unknown, number, string, string][] = [
    ['a body that is not JSON', 'POST', '/jobs', '{"input_key":', 400, 'invalid_request', 'JSON'],
    ['a body that is no object', 'POST', '/jobs', '[]', 400, 'invalid_request', 'body'],
    ['a missing field', 'POST', '/jobs', {}, 400, 'invalid_request', 'body.input_key'],
    ['an unknown field', 'POST', '/jobs', { input_key: 'uploads/a', x: 1 }, 400, 'invalid_request', '"x"'],
    ['a field of another type', 'POST', '/jobs', { input_key: 7 }, 400, 'invalid_request', 'body.input_key'],
    ['an empty key', 'POST', '/jobs', { input_key: '' }, 400, 'invalid_request', 'body.input_key'],
    ['a key with NUL', 'POST', '/jobs', { input_key: 'uploads/\u0000' }, 400, 'invalid_request', 'control'],
    [
      'an unknown profile',
      'POST',
      '/jobs',
      { input_key: 'uploads/a', profile: 'best' },
      400,
      'invalid_request',
      'body.profile',
    ],
    ['too much metadata', 'POST', '/jobs', deep, 400, 'invalid_request', 'body.metadata'],
    [
      'NUL in metadata',
      'POST',
      '/jobs',
      { input_key: 'uploads/a', metadata: { a: ['\u0000'] } },
      400,
      'invalid_request',
      'NUL',
    ],
    [
      'half a character in metadata',
      'POST',
      '/jobs',
      '{"input_key":"uploads/a","metadata":{"\\ud800":1}}',
      400,
      'invalid_request',
      'surrogate',
    ],
    [
      'metadata that is no object',
      'POST',
      '/jobs',
      { input_key: 'uploads/a', metadata: [1] },
      400,
      'invalid_request',
      'body.metadata',
    ],
    [
      'a body that is too large',
      'POST',
      '/jobs',
      `{"a":"${'x'.repeat(70_000)}"}`,
      413,
      'body_too_large',
      '65536',
    ],
    [
      'a source that does not exist',
      'POST',
      '/jobs',
      { input_key: 'uploads/none.mp4' },
      422,
      'source_not_found',
      'uploads/none.mp4',
    ],
    [
      'a source that is no upload',
      'POST',
      '/jobs',
      { input_key: '../../etc/passwd' },
      422,
      'source_not_found',
      'passwd',
    ],
    ['a limit of zero', 'GET', '/jobs?limit=0', undefined, 400, 'invalid_request', 'query.limit'],
    ['a limit above the most', 'GET', '/jobs?limit=101', undefined, 400, 'invalid_request', 'query.limit'],
    [
      'a limit that is no number',
      'GET',
      '/jobs?limit=ten',
      undefined,
      400,
      'invalid_request',
      'whole number',
    ],
    ['a parameter twice', 'GET', '/jobs?limit=1&limit=2', undefined, 400, 'invalid_request', 'query.limit'],
    ['an unknown status', 'GET', '/jobs?status=done', undefined, 400, 'invalid_request', 'query.status'],
    ['an unknown parameter', 'GET', '/jobs?sort=name', undefined, 400, 'invalid_request', 'sort'],
    [
      'a cursor of our form that is not ours',
      'GET',
      '/jobs?cursor=AAAA',
      undefined,
      400,
      'invalid_request',
      'query.cursor',
    ],
    [
      'a cursor of another form',
      'GET',
      '/jobs?cursor=%00%ff',
      undefined,
      400,
      'invalid_request',
      'query.cursor',
    ],
    ['an empty cursor', 'GET', '/jobs?cursor=', undefined, 400, 'invalid_request', 'query.cursor'],
    ['an id that is no UUID', 'GET', '/jobs/42', undefined, 400, 'invalid_request', 'path.id'],
    ['an id of no job', 'GET', `/jobs/${UNKNOWN}`, undefined, 404, 'job_not_found', UNKNOWN],
    ['canceling no job', 'POST', `/jobs/${UNKNOWN}/cancel`, undefined, 404, 'job_not_found', UNKNOWN],
    ['erasing no job', 'DELETE', `/jobs/${UNKNOWN}`, undefined, 404, 'job_not_found', UNKNOWN],
    ['canceling what is no id', 'POST', '/jobs/x/cancel', undefined, 400, 'invalid_request', 'path.id'],
    ['erasing what is no id', 'DELETE', '/jobs/x', undefined, 400, 'invalid_request', 'path.id'],
    [
      'an upload without a name',
      'GET',
      '/upload-url?content_type=video/mp4&size_bytes=1',
      undefined,
      400,
      'invalid_request',
      'query.filename',
    ],
    [
      'an upload of no size',
      'GET',
      '/upload-url?filename=a&content_type=video/mp4&size_bytes=0',
      undefined,
      400,
      'invalid_request',
      'query.size_bytes',
    ],
    [
      'an upload of a negative size',
      'GET',
      '/upload-url?filename=a&content_type=video/mp4&size_bytes=-1',
      undefined,
      400,
      'invalid_request',
      'query.size_bytes',
    ],
    [
      'an upload of no type',
      'GET',
      '/upload-url?filename=a&content_type=video&size_bytes=1',
      undefined,
      400,
      'invalid_request',
      'query.content_type',
    ],
    [
      'an upload that is too large',
      'GET',
      '/upload-url?filename=a&content_type=video/mp4&size_bytes=900000000000000',
      undefined,
      422,
      'source_too_large',
      'limit',
    ],
    [
      'one PUT of more than storage takes',
      'GET',
      '/upload-url?filename=a&content_type=video/mp4&size_bytes=6000000000',
      undefined,
      422,
      'source_too_large',
      'POST /uploads',
    ],
    [
      'a multipart upload that is too large',
      'POST',
      '/uploads',
      { filename: 'a', content_type: 'video/mp4', size_bytes: 9e14 },
      422,
      'source_too_large',
      'limit',
    ],
    [
      'a multipart upload with an unknown field',
      'POST',
      '/uploads',
      { filename: 'a', content_type: 'video/mp4', size_bytes: 9, parts: 3 },
      400,
      'invalid_request',
      'parts',
    ],
    [
      'a size that is a fraction',
      'POST',
      '/uploads',
      { filename: 'a', content_type: 'video/mp4', size_bytes: 1.5 },
      400,
      'invalid_request',
      'body.size_bytes',
    ],
    ['parts of no upload', 'GET', `/uploads/${UNKNOWN}/parts`, undefined, 404, 'upload_not_found', UNKNOWN],
    [
      'completing no upload',
      'POST',
      `/uploads/${UNKNOWN}/complete`,
      { parts: [{ part_number: 1, etag: '"a"' }] },
      404,
      'upload_not_found',
      UNKNOWN,
    ],
    [
      'completing without parts',
      'POST',
      `/uploads/${UNKNOWN}/complete`,
      { parts: [] },
      400,
      'invalid_request',
      'body.parts',
    ],
    [
      'completing with a strange ETag',
      'POST',
      `/uploads/${UNKNOWN}/complete`,
      { parts: [{ part_number: 1, etag: 'a b' }] },
      400,
      'invalid_request',
      'etag',
    ],
    ['aborting no upload', 'DELETE', `/uploads/${UNKNOWN}`, undefined, 404, 'upload_not_found', UNKNOWN],
    [
      'a key that no job names',
      'GET',
      '/download-url/objects/default/x/1/720p.mp4',
      undefined,
      404,
      'object_not_found',
      'output',
    ],
    [
      'a key that is none',
      'GET',
      '/download-url/..%2f..%2fsecret%00',
      undefined,
      404,
      'object_not_found',
      'output',
    ],
    [
      'playing with a made-up token',
      'GET',
      `/playback/abc.def/${UNKNOWN}/master.m3u8`,
      undefined,
      403,
      'playback_forbidden',
      'link',
    ],
    ['a path that does not exist', 'GET', '/jobz', undefined, 404, 'route_not_found', '/jobz'],
    [
      'a method the path does not know',
      'PUT',
      '/jobs',
      undefined,
      405,
      'method_not_allowed',
      'GET, HEAD, POST',
    ],
  ];

  test.each(cases)('%s', async (_name, method, path, body, status, code, hint) => {
    const answer = await client.send(method, path, body);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const problem = answer.as(problemShape);
    expect({ status: answer.status, code: problem.code }).toEqual({ status, code });
    expect(problem.status).toBe(status);
    expect(problem.type).toBe(`urn:millrace:problem:${code}`);
    expect(JSON.stringify(problem)).toContain(hint.replaceAll('"', '\\"'));
  });

  test('a body of another type, or of none', async () => {
    const xml = await client.send('POST', '/jobs', '<a/>', { 'content-type': 'text/xml' });
    expect([xml.status, xml.as(problemShape).code]).toEqual([415, 'unsupported_content_type']);
    const form = await client.send('POST', '/uploads', 'a=b', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect([form.status, form.as(problemShape).code]).toEqual([415, 'unsupported_content_type']);
    const none = await client.send('POST', '/jobs');
    expect([none.status, none.as(problemShape).code]).toEqual([400, 'invalid_request']);
  });

  test('a method that is not known names those that are', async () => {
    expect((await client.send('DELETE', '/jobs')).headers.get('allow')).toBe('GET, HEAD, POST');
  });

  test('all that is wrong is listed', async () => {
    const problem = (
      await client.send('POST', '/uploads', { filename: '', content_type: 'x', size_bytes: 'y' })
    ).as(problemShape);
    expect(problem.errors?.map((issue) => issue.path)).toEqual([
      'body.filename',
      'body.content_type',
      'body.size_bytes',
    ]);
  });
});

test('a source that is empty or too large is refused', async () => {
  await outside.ctx.storage.putOnce('uploads/default/empty.mp4', '', 'video/mp4');
  const empty = await client.send('POST', '/jobs', { input_key: 'uploads/default/empty.mp4' });
  expect([empty.status, empty.as(problemShape).code]).toEqual([422, 'source_empty']);

  await outside.ctx.storage.putOnce('uploads/default/large.mp4', '12345', 'video/mp4');
  const small = restClient({ ...outside.ctx, config: { ...outside.ctx.config, maxSourceBytes: 4 } });
  const large = await small.send('POST', '/jobs', { input_key: 'uploads/default/large.mp4' });
  expect([large.status, large.as(problemShape).code]).toEqual([422, 'source_too_large']);
});
