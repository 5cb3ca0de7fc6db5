import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { needProgram } from '../../checks/need-program.ts';
import { indexTemplate } from '../elasticsearch/index-template.ts';
import { refusals } from './accepts.ts';
import { runShape } from './run-shape.ts';

const HERE = path.join(import.meta.dirname, '..');
const MAPPINGS = indexTemplate().template.mappings;

const value = z.union([z.string(), z.number(), z.boolean()]);
const plugin = z.looseObject({ name: z.string() }).catchall(value);
const filter = plugin.extend({ match: z.literal('logs.*') });

/** What Fluent Bit itself is not here to check: it reads other sections, and none without a name. */
const configuration = z.strictObject({
  service: z.record(z.string(), value),
  parsers: z.array(plugin),
  multiline_parsers: z.array(
    z.strictObject({
      name: z.string(),
      type: z.literal('regex'),
      flush_timeout: z.number(),
      rules: z.array(z.strictObject({ state: z.string(), regex: z.string(), next_state: z.string() })),
    }),
  ),
  pipeline: z.strictObject({
    inputs: z.array(plugin.extend({ name: z.literal('tail'), tag: z.literal('logs.*') })),
    filters: z.array(filter),
    outputs: z.array(plugin.extend({ match: z.string() })),
  }),
});

const FILES = ['fluent-bit.yaml', 'kubernetes/fluent-bit.yaml'];

async function read(name: string) {
  const text = await readFile(path.join(HERE, name), 'utf8');
  return { text, config: configuration.parse(parse(text)) };
}

test.each(FILES)('%s is read, and uses only parsers that are there', async (name) => {
  const { config } = await read(name);
  const { inputs, filters } = config.pipeline;
  const parsers = [...config.parsers, ...config.multiline_parsers].map((one) => one.name);
  const used = [...inputs, ...filters].flatMap((one) => [one.parser, one['multiline.parser']]);
  const names = used.flatMap((one) => (one === undefined ? [] : String(one).split(/,\s*/)));
  // Those that Fluent Bit has inside.
  expect(names.filter((one) => !['docker', 'cri'].includes(one)).sort()).toEqual(parsers.sort());
});

test.each(FILES)('%s says of every variable what it is', async (name) => {
  const { config, text } = await read(name);
  const head = (await read('fluent-bit.yaml')).text.split('\nservice:')[0];
  const variables = [...JSON.stringify(config).matchAll(/\$\{(\w+)\}/g)].map(
    ([, variable]) => variable ?? '',
  );
  expect(variables.length).toBeGreaterThan(5);
  for (const variable of variables) expect(head).toContain(variable);
  expect(text).not.toMatch(/passwd: (?!\$\{)/);
});

test('both configurations differ in where lines come from alone', async () => {
  const [compose, kubernetes] = await Promise.all(FILES.map(read));
  const withoutSource = (one: typeof compose) => ({
    ...one?.config,
    pipeline: {
      ...one?.config.pipeline,
      inputs: [],
      filters: one?.config.pipeline.filters.filter(({ name }) => name !== 'kubernetes'),
    },
  });
  expect(withoutSource(kubernetes)).toEqual(withoutSource(compose));
});

test('lines go to the data stream that the template is for, and whole numbers stay whole', async () => {
  const { config } = await read('fluent-bit.yaml');
  const es = config.pipeline.outputs.find(({ name }) => name === 'es');
  expect(indexTemplate().index_patterns).toContain(es?.index);
  expect(es?.write_operation).toBe('create');
  const shape = config.pipeline.filters.find(({ name }) => name === 'lua');
  const integers = Object.entries(MAPPINGS.properties).flatMap(([name, { type }]) =>
    type === 'integer' ? [name] : [],
  );
  expect(String(shape?.type_int_key).split(' ').sort()).toEqual(integers.sort());
});

test('the last words of a process are one line, and lines of JSON stay alone', async () => {
  const { config } = await read('fluent-bit.yaml');
  const [begin, rest] = (config.multiline_parsers[0]?.rules ?? []).map(
    ({ regex }) => new RegExp(regex.slice(1, -1)),
  );
  const gathered = (lines: string[]) =>
    lines.reduce<string[][]>((groups, line) => {
      const open = groups.at(-1);
      if (open && begin?.test(open[0] ?? '') && rest?.test(line)) open.push(line);
      else groups.push([line]);
      return groups;
    }, []);
  const crash = [
    'file:///app/worker-node/src/main.ts:3',
    "  throw new Error('no')",
    '  ^',
    'Error: no',
    '    at main (file:///app/worker-node/src/main.ts:3:9) {',
    "  code: 'ENOENT'",
    '}',
    'Node.js v24.21.0',
  ];
  const wrong = ['The environment is not complete:', '  EDGE_URL is required', '  FLEET_TOKEN is required'];
  const line = '{"level":"info","msg":"bridge is up"}';
  expect(gathered([line, ...wrong, line])).toEqual([[line], wrong, [line]]);
  expect(gathered(crash).map((group) => group.length)).toEqual([3, 5]);
});

describe.runIf(needProgram('luajit', 'luajit'))('shape.lua', () => {
  const OWN = {
    ...{ time: '2026-11-22T16:12:04.284Z', level: 'info', role: 'worker', msg: 'task started' },
    ...{ job_id: 'j', attempt: 2, capabilities: ['libx264', 'aac'], seconds: 0.25 },
  };

  test('a line of ours keeps its fields and its own time, and nothing else', async () => {
    const [line] = await runShape([{ ...OWN, log: JSON.stringify(OWN), stream: 'stdout', password: 'x' }]);
    expect(line).toEqual({ code: 1, timestamp: Date.parse(OWN.time) / 1000, record: OWN });
  });

  test.each([
    '1970-01-01T00:00:00.000Z',
    '2000-02-29T23:59:59.999Z',
    '2024-03-01T00:00:00.500Z',
    '2100-12-31T12:00:00Z',
  ])('the time %s is understood', async (time) => {
    const [line] = await runShape([{ ...OWN, time }]);
    expect(line?.timestamp).toBeCloseTo(Date.parse(time) / 1000, 6);
  });

  test('of an error is kept what the index knows', async () => {
    const err = { type: 'Error', message: 'no', code: 7, errno: -111, aggregateErrors: [{ message: 'x' }] };
    const [line] = await runShape([{ ...OWN, err }]);
    expect(line?.record.err).toEqual({ type: 'Error', message: 'no', code: '7' });
    expect(refusals(line?.record, MAPPINGS)).toEqual([]);
  });

  test('a pod is named by what the index knows of it', async () => {
    const kubernetes = {
      pod_name: 'p',
      namespace_name: 'millrace',
      container_name: 'worker',
      docker_id: 'd',
    };
    const [line] = await runShape([{ ...OWN, kubernetes }], { NODE_NAME: 'node-7' });
    expect(line?.record.kubernetes).toEqual({
      ...{ pod: 'p', namespace: 'millrace', container: 'worker', node: 'node-7' },
    });
    expect(refusals(line?.record, MAPPINGS)).toEqual([]);
  });

  test('what others print is a line of theirs', async () => {
    const attrs = { 'com.docker.compose.service': 'postgres' };
    const lines = await runShape([
      { log: 'database system is ready\n', stream: 'stdout', attrs },
      { log: '{"level":"INFO","msg":7}', stream: 'stderr', level: 'INFO', msg: 7 },
    ]);
    expect(lines).toEqual([
      {
        ...{ code: 1, timestamp: 1000.5 },
        record: { level: 'info', role: 'postgres', msg: 'database system is ready' },
      },
      {
        ...{ code: 1, timestamp: 1000.5 },
        record: { level: 'warn', role: 'other', msg: '{"level":"INFO","msg":7}' },
      },
    ]);
    for (const { record } of lines) expect(refusals(record, MAPPINGS)).toEqual([]);
  });

  test('empty lines and requests for health and metrics are dropped', async () => {
    const lines = await runShape(
      ['  ', '10.0.0.1 "GET /healthz HTTP/1.1" 200', 'GET /metrics', 'kube-probe/1.31', 'GET /jobs'].map(
        (log) => ({ log }),
      ),
    );
    expect(lines.map(({ code }) => code)).toEqual([-1, -1, -1, -1, 1]);
  });
});
