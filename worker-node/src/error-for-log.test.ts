import { expect, test } from 'vitest';
import { errorForLog } from './error-for-log.ts';

test('a presigned URL loses its query wherever an error quotes it', () => {
  const cause = new Error('GET https://s3.example/b/k?X-Amz-Signature=abc failed');
  const logged = errorForLog(new Error('no "http://127.0.0.1:1/b/k?token=abc" today', { cause }));
  expect(JSON.stringify(logged)).not.toContain('abc');
  expect(logged.message).toBe('no "http://127.0.0.1:1/b/k?…" today');
  expect(logged.cause?.message).toBe('GET https://s3.example/b/k?… failed');
});

test('type and code are kept, other properties are not', () => {
  const error = Object.assign(new TypeError('odd'), { code: 'EODD', request: { authorization: 'secret' } });
  expect(errorForLog(error)).toEqual({
    type: 'TypeError',
    message: 'odd',
    code: 'EODD',
    stack: expect.stringContaining('odd'),
  });
});

test('whatever was thrown can be logged, also an error that is its own cause', () => {
  expect(errorForLog(undefined)).toEqual({ type: 'undefined', message: 'undefined' });
  const circular = new Error('again');
  circular.cause = circular;
  expect(() => JSON.stringify(errorForLog(circular))).not.toThrow();
});
