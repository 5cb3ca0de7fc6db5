import { expect, test } from 'vitest';
import { createLogger } from './logger.ts';

function kept(level = 'info') {
  const lines: string[] = [];
  const log = createLogger('worker', level, { write: (line) => void lines.push(line) });
  return { log, lines, parsed: () => lines.map((line) => JSON.parse(line)) };
}

test('a line says when, how bad, who, what, and all that is bound to it', () => {
  const { log, parsed } = kept();
  log.child({ job_id: 'j', attempt: 2 }).info({ kind: 'poster' }, 'task started');
  log.debug('not asked for');
  expect(parsed()).toEqual([
    {
      ...{ time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/), level: 'info', role: 'worker' },
      ...{ msg: 'task started', job_id: 'j', attempt: 2, kind: 'poster' },
    },
  ]);
});

test('no line names what a presigned URL or a token opens with', () => {
  const { log, lines, parsed } = kept();
  const cause = new Error('PUT https://bucket.example/o?X-Amz-Signature=c0ffee gave 403');
  log.error({ err: new Error('authorization: Bearer c0ffeec0ffee', { cause }) }, 'task failed');
  log.info({ detail: 'postgres://me:c0ffee@db/x and mr_live_c0ffeec0ffee' }, 'looked');
  expect(lines.join('')).not.toContain('c0ffee');
  expect(parsed()[0].err).toMatchObject({
    type: 'Error',
    causes: [expect.stringContaining('bucket.example/o?…')],
  });
});
