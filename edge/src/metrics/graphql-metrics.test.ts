import { expect, test } from 'vitest';
import { countOperation, operationFamilies } from './graphql-metrics.ts';
import { prometheusText } from './prometheus-text.ts';
import { countRequest } from './request-metrics.ts';

test('what operations count is read back as a counter and a histogram, apart from requests', () => {
  const fields: Record<string, string> = {};
  const add = (increments: [string, number][]) => {
    for (const [field, by] of increments) fields[field] = String(Number(fields[field] ?? 0) + by);
  };
  add(countOperation({ operation: 'jobs', status: 'ok', seconds: 0.02 }));
  add(countOperation({ operation: 'jobs', status: 'ok', seconds: 0.3 }));
  add(countOperation({ operation: 'jobs', status: 'error', seconds: 20 }));
  add(countRequest({ method: 'POST', endpoint: '/graphql', status: 200, seconds: 1 }));
  const lines = prometheusText(operationFamilies(fields)).split('\n');
  expect(lines).toContain('graphql_requests_total{operation="jobs",status="ok"} 2');
  expect(lines).toContain('graphql_requests_total{operation="jobs",status="error"} 1');
  expect(lines).toContain('graphql_request_duration_seconds_bucket{operation="jobs",le="0.025"} 1');
  expect(lines).toContain('graphql_request_duration_seconds_bucket{operation="jobs",le="0.5"} 2');
  expect(lines).toContain('graphql_request_duration_seconds_bucket{operation="jobs",le="+Inf"} 3');
  expect(lines).toContain('graphql_request_duration_seconds_sum{operation="jobs"} 20.32');
  expect(lines).toContain('graphql_request_duration_seconds_count{operation="jobs"} 3');
  expect(lines.filter((line) => line.includes('/graphql'))).toEqual([]);
});
