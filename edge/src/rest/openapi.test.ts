import { expect, test } from 'vitest';
import { z } from 'zod';
import { createRest, OPENAPI } from './rest.ts';

test('the OpenAPI document names every operation, and describes every field', () => {
  const document = z
    .object({
      openapi: z.string(),
      paths: z.record(z.string(), z.record(z.string(), z.unknown())),
      components: z.unknown(),
    })
    .parse(createRest().getOpenAPI31Document(OPENAPI));
  expect(document.openapi).toBe('3.1.0');
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(operations.filter((operation) => !operation.includes('/playback/')).sort()).toEqual([
    'DELETE /jobs/{id}',
    'DELETE /uploads/{upload_id}',
    'GET /download-url/{output_key}',
    'GET /health',
    'GET /jobs',
    'GET /jobs/{id}',
    'GET /metrics',
    'GET /upload-url',
    'GET /uploads/{upload_id}/parts',
    'POST /jobs',
    'POST /jobs/{id}/cancel',
    'POST /uploads',
    'POST /uploads/{upload_id}/complete',
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
