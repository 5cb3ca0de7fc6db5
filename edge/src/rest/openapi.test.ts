import { expect, test } from 'vitest';
import { z } from 'zod';
import { openapiDocument } from './openapi-document.ts';
import { createRest } from './rest.ts';

test('the OpenAPI document names every operation, and describes every field', () => {
  const document = z
    .object({
      openapi: z.string(),
      paths: z.record(z.string(), z.record(z.string(), z.unknown())),
      components: z.unknown(),
    })
    .parse(openapiDocument(createRest()));
  expect(document.openapi).toBe('3.1.0');
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(operations.filter((operation) => !operation.includes(' /playback/')).sort()).toEqual([
    'DELETE /jobs/{id}',
    'DELETE /keys/{id}',
    'DELETE /operations/pauses/{id}',
    'DELETE /projects/{id}',
    'DELETE /uploads/{upload_id}',
    'DELETE /webhooks/{id}',
    'GET /download-url/{output_key}',
    'GET /erasures',
    'GET /erasures/{id}',
    'GET /events/stream',
    'GET /health',
    'GET /jobs',
    'GET /jobs/{id}',
    'GET /jobs/{id}/events',
    'GET /jobs/{id}/events/stream',
    'GET /jobs/{id}/playback',
    'GET /jobs/{id}/tasks',
    'GET /jobs/{id}/tasks/{task_id}/log',
    'GET /keys',
    'GET /keys/{id}',
    'GET /metrics',
    'GET /operations/dead-letters',
    'GET /operations/pauses',
    'GET /projects',
    'GET /projects/{id}',
    'GET /upload-url',
    'GET /uploads',
    'GET /uploads/{upload_id}',
    'GET /uploads/{upload_id}/parts',
    'GET /users',
    'GET /webhooks',
    'GET /webhooks/{id}',
    'GET /webhooks/{id}/deliveries',
    'GET /webhooks/{id}/deliveries/{delivery_id}',
    'PATCH /jobs/{id}',
    'PATCH /projects/{id}',
    'PATCH /uploads/{upload_id}',
    'PATCH /webhooks/{id}',
    'POST /jobs',
    'POST /jobs/batch',
    'POST /jobs/{id}/cancel',
    'POST /jobs/{id}/playback/revoke',
    'POST /jobs/{id}/retry',
    'POST /keys',
    'POST /keys/{id}/rotate',
    'POST /operations/dead-letters/redrive',
    'POST /operations/pauses',
    'POST /projects',
    'POST /uploads',
    'POST /uploads/{upload_id}/complete',
    'POST /uploads/{upload_id}/parts',
    'POST /webhooks',
    'POST /webhooks/{id}/deliveries/{delivery_id}/replay',
    'POST /webhooks/{id}/rotate',
    'POST /webhooks/{id}/test',
  ]);
  expect(undescribed(document, '')).toEqual([]);
});

/** Properties of schemas that say nothing about themselves. */
function undescribed(node: unknown, path: string): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, inner]) => {
    if (name === 'properties' && typeof inner === 'object' && inner !== null) {
      const silent = Object.entries(inner).filter(([, schema]) => !hasDescription(schema));
      return [...silent.map(([field]) => `${path}.${field}`), ...undescribed(inner, path)];
    }
    return undescribed(inner, `${path}/${name}`);
  });
}

function hasDescription(schema: unknown): boolean {
  return typeof schema === 'object' && schema !== null && ('description' in schema || '$ref' in schema);
}
