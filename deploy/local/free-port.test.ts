import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';

test('the preferred port is taken when it is free, and another one when it is not', async () => {
  const port = await freePort();
  expect(await freePort(port)).toBe(port);

  const server = createServer().listen(port, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  expect(await freePort(port)).not.toBe(port);
  await new Promise((resolve) => server.close(resolve));
});

test('no port is one that outgoing connections are lent, and none is given twice', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
  expect(new Set(ports).size).toBe(50);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});

test('a port given to one process is not given to another, though nobody listens on it yet', async () => {
  const port = await freePort();
  const module = new URL('free-port.ts', import.meta.url).href;
  const draw = (port - 16_384 + 0.5) / 16_384;
  const script = `
    const { random } = Math;
    Math.random = () => { Math.random = random; return ${draw}; };
    const { freePort } = await import('${module}');
    console.log(await freePort());
  `;
  const other = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(Number(other.stdout)).toBeGreaterThan(0);
  expect(Number(other.stdout)).not.toBe(port);
});

test('a process that is told its port by the one it was given to can have it', async () => {
  const port = await freePort();
  const module = new URL('free-port.ts', import.meta.url).href;
  const script = `import { freePort } from '${module}'; console.log(await freePort(${port}))`;
  const child = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  expect(Number(child.stdout)).toBe(port);
});
