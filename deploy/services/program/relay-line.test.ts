import { pino } from 'pino';
import { expect, it } from 'vitest';
import { relayLine } from './relay-line.ts';

function relayed(line: string): unknown[] {
  const written: unknown[] = [];
  const log = pino(
    { base: { role: 'edge' }, timestamp: false, formatters: { level: (label) => ({ level: label }) } },
    { write: (text: string) => written.push(JSON.parse(text)) },
  );
  relayLine(log, line);
  return written;
}

it('hands lines of JSON on with their level and fields, under the name of the program', () => {
  const line = '{"time":"2026-01-01T00:00:00Z","level":"warn","role":"other","msg":"late","job_id":"j"}';
  expect(relayed(line)).toEqual([{ level: 'warn', role: 'edge', job_id: 'j', msg: 'late' }]);
});

it('makes a message of everything else', () => {
  expect(relayed('fatal: no memory')).toEqual([{ level: 'warn', role: 'edge', msg: 'fatal: no memory' }]);
  expect(relayed('{"level":"loud","msg":"?"}')).toEqual([
    { level: 'warn', role: 'edge', msg: '{"level":"loud","msg":"?"}' },
  ]);
  expect(relayed('  ')).toEqual([]);
});
