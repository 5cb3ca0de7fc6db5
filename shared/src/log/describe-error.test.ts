import { expect, test } from 'vitest';
import { describeError } from './describe-error.ts';

test('an error is its name, its words, its code, where it came from and why', () => {
  const cause = Object.assign(new TypeError('socket closed'), { secret: 'hunter2' });
  const error = Object.assign(new Error('no answer', { cause }), { code: 'ECONNRESET', headers: 'hunter2' });
  const logged = describeError(error);
  expect(logged).toMatchObject({
    ...{ type: 'Error', message: 'no answer', code: 'ECONNRESET' },
    causes: ['TypeError: socket closed'],
  });
  expect(logged.stack).toContain('describe-error.test.ts');
  expect(JSON.stringify(logged)).not.toContain('hunter2');
});

test('neither words nor stack name a presigned URL', () => {
  const url = 'https://b.example/o?X-Amz-Signature=5ec2e7';
  const error = new Error(`GET ${url}: 403`, { cause: new Error(url) });
  expect(JSON.stringify(describeError(error))).not.toContain('5ec2e7');
});

test('a failed statement keeps its parameters to itself', () => {
  const error = new Error('Failed query: select $1\nparams: hunter2', {
    cause: new Error('deadlock detected'),
  });
  const logged = describeError(error);
  expect(logged).toMatchObject({ message: 'Failed query', causes: ['Error: deadlock detected'] });
  expect(JSON.stringify(logged)).not.toContain('hunter2');
});

test('what is no error is said as it is, and a circle of causes ends', () => {
  expect(describeError('out of luck')).toEqual({ type: 'string', message: 'out of luck' });
  const error = new Error('round');
  error.cause = error;
  expect(describeError(error).causes).toHaveLength(4);
});
