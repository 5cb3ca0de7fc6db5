import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { Service } from '../../deploy/local/stack/service.ts';
import type { StackEvent } from '../../deploy/local/stack.ts';
import { serviceLines } from './service-lines.ts';

test('services are listed in their order, however they come up', () => {
  const { tell, lines } = listening(['postgres', 'edge', 'worker-1']);
  tell({ type: 'up', service: service('edge', 'http://127.0.0.1:8080', '/metrics') });
  expect(lines).toEqual([]);
  tell({ type: 'up', service: service('postgres', 'postgresql://millrace:secret@127.0.0.1:5000/millrace') });
  tell({ type: 'up', service: service('worker-1', 'http://127.0.0.1:9111', '/metrics') });
  expect(lines).toEqual([
    'postgres  postgresql://millrace@127.0.0.1:5000/millrace',
    'edge      http://127.0.0.1:8080/metrics',
    'worker-1  http://127.0.0.1:9111/metrics',
  ]);
});

test('it tells what becomes of them', () => {
  const { tell, lines } = listening(['worker-1']);
  const logFile = 'worker-1.log';
  tell({
    type: 'ended',
    service: 'worker-1',
    logFile,
    exit: { code: null, signal: 'SIGKILL' },
    willReturn: true,
  });
  tell({ type: 'returned', service: 'worker-1' });
  expect(lines).toEqual(['worker-1  ended (SIGKILL), starting it again', 'worker-1  is back']);
});

function listening(names: string[]): { tell: (event: StackEvent) => void; lines: string[] } {
  const lines: string[] = [];
  const tell = serviceLines(names, (line) => lines.push(stripVTControlCharacters(line)));
  return { tell, lines };
}

function service(name: string, url: string, metricsPath?: string): Service {
  const nothing = async () => {};
  return {
    name,
    url,
    logFile: `${name}.log`,
    metricsUrl: metricsPath === undefined ? null : url + metricsPath,
    pid: 1,
    start: nothing,
    stop: nothing,
    kill: nothing,
  };
}
