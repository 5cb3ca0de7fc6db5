import { expect, test } from 'vitest';
import { attempted, createLog, type Level } from './log.ts';

const NOW = Date.UTC(2026, 10, 22, 12);

function kept() {
  const lines: [Level, unknown][] = [];
  const log = createLog(
    () => NOW,
    (level, line) => lines.push([level, JSON.parse(line)]),
  );
  return { log, lines };
}

test('a line says when, how bad, who, what, and all that is bound to it', () => {
  const { log, lines } = kept();
  log.with({ request_id: 'r-1', job_id: 'j' }).with({ task_id: 't' }).info('task done', { attempt: 2 });
  expect(lines).toEqual([
    [
      'info',
      {
        ...{ time: '2026-11-22T12:00:00.000Z', level: 'info', role: 'edge', msg: 'task done' },
        ...{ request_id: 'r-1', job_id: 'j', task_id: 't', attempt: 2 },
      },
    ],
  ]);
});

test('what is bound for one is not bound for others', () => {
  const { log, lines } = kept();
  log.with({ job_id: 'j' });
  log.warn('hello');
  expect(JSON.stringify(lines)).not.toContain('job_id');
});

test('no line names what a presigned URL, a bearer token or a playback path opens with', () => {
  const { log, lines } = kept();
  const secret = 'c0ffee'.repeat(8).slice(0, 43);
  const error = new Error(`PUT https://bucket.example/o?X-Amz-Signature=${secret} gave 403`);
  log.error('failed', { err: new Error('Bearer c0ffeec0ffee', { cause: error }) });
  log.info('played', { object_prefix: `/playback/job/t9zz.1.${secret}/master.m3u8` });
  expect(lines).toHaveLength(2);
  expect(JSON.stringify(lines)).not.toContain('c0ffee');
});

test('work that fails is told of, and does not stop what comes after it', async () => {
  const { log, lines } = kept();
  expect(await attempted({ log }, 'sing', Promise.reject(new TypeError('no voice')))).toBe(false);
  expect(await attempted({ log }, 'sing', Promise.resolve())).toBe(true);
  expect(lines).toMatchObject([
    ['warn', { msg: 'could not sing', err: { type: 'TypeError', message: 'no voice' } }],
  ]);
});
