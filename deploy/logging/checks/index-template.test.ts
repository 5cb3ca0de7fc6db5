import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createLog } from '@millrace/edge/src/log.ts';
import { LOG_FIELDS } from '@millrace/shared/log/log-fields.ts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { indexTemplate } from '../elasticsearch/index-template.ts';
import { generatedFiles } from '../generate.ts';
import { refusals } from './accepts.ts';

const HERE = path.join(import.meta.dirname, '..');
const MAPPINGS = indexTemplate().template.mappings;

test('index template, collector and documentation name the fields that the loggers take', async () => {
  for (const [file, text] of await generatedFiles()) {
    const written = await readFile(file, 'utf8');
    const name = path.relative(HERE, file);
    // How JSON is broken into lines is the formatter's.
    if (file.endsWith('.json')) expect([name, JSON.parse(written)]).toEqual([name, JSON.parse(text)]);
    else expect([name, written]).toEqual([name, text]);
  }
});

test('a line with every field is taken', () => {
  const values = { date: '2026-11-22T12:00:00.000Z', keyword: 'k', text: 't', integer: 1, float: 0.5 };
  const fields = Object.entries(LOG_FIELDS).flatMap(([name, { type }]) =>
    type === 'error' ? [] : [[name, values[type]]],
  );
  const lines: string[] = [];
  createLog(
    () => 0,
    (_, line) => lines.push(line),
  ).error('broken', { err: new Error('a', { cause: new Error('b') }) });
  const line = { ...JSON.parse(lines[0] ?? ''), ...Object.fromEntries(fields) };
  expect(Object.keys(line).sort()).toEqual(Object.keys(LOG_FIELDS).sort());
  expect(refusals(line, MAPPINGS)).toEqual([]);
});

test('a field that nobody mapped, and a value of another type, are refused', () => {
  expect(refusals({ jobId: 'j', attempt: 'first', err: { code: 7, why: 'x' } }, MAPPINGS)).toEqual([
    'jobId: not mapped',
    'attempt: "first" is no integer',
    'err.code: 7 is no keyword',
    'err.why: not mapped',
  ]);
});

test('the template keeps indices by the policy that is there', async () => {
  const { policy } = z
    .object({ policy: z.object({ phases: z.record(z.string(), z.object({ min_age: z.string() })) }) })
    .parse(JSON.parse(await readFile(path.join(HERE, 'elasticsearch/lifecycle.json'), 'utf8')));
  expect(Object.keys(policy.phases)).toEqual(['hot', 'warm', 'delete']);
  const docs = await readFile(path.join(HERE, '../../docs/logging.md'), 'utf8');
  const name = indexTemplate().template.settings['index.lifecycle.name'];
  expect(docs).toContain(`/_ilm/policy/${name} `);
  expect(docs).toContain(`/_index_template/${indexTemplate().index_patterns[0]} `);
});

const savedObject = z.object({
  id: z.string(),
  type: z.enum(['index-pattern', 'search']),
  attributes: z.object({
    title: z.string(),
    timeFieldName: z.string().optional(),
    columns: z.array(z.string()).default([]),
    sort: z.array(z.tuple([z.string(), z.enum(['asc', 'desc'])])).default([]),
    kibanaSavedObjectMeta: z.object({ searchSourceJSON: z.string() }).optional(),
  }),
  references: z.array(z.object({ id: z.string(), name: z.string(), type: z.string() })),
});

test('what Kibana imports asks for fields that are there', async () => {
  const text = await readFile(path.join(HERE, 'kibana/saved-objects.ndjson'), 'utf8');
  const objects = text
    .trim()
    .split('\n')
    .map((line) => savedObject.parse(JSON.parse(line)));
  const view = objects.find(({ type }) => type === 'index-pattern');
  expect(indexTemplate().index_patterns).toContain(view?.attributes.title);
  expect(objects.filter(({ type }) => type === 'search').length).toBeGreaterThan(0);
  for (const { id, type, attributes, references } of objects) {
    const { columns, sort, timeFieldName = '@timestamp', kibanaSavedObjectMeta: meta } = attributes;
    const asked = [...columns, ...sort.map(([name]) => name), timeFieldName, ...queriedFields(meta)];
    expect([id, asked.filter((name) => !isMapped(name))]).toEqual([id, []]);
    if (type === 'search') expect(references).toMatchObject([{ id: view?.id, type: 'index-pattern' }]);
  }
});

function queriedFields(meta: { searchSourceJSON: string } | undefined): string[] {
  if (!meta) return [];
  const source = z
    .object({ query: z.object({ language: z.literal('kuery'), query: z.string() }) })
    .parse(JSON.parse(meta.searchSourceJSON));
  return [...source.query.query.matchAll(/([\w.@]+):/g)].map(([, name]) => name ?? '');
}

function isMapped(name: string): boolean {
  const [first = '', second] = name.split('.');
  const mapping = MAPPINGS.properties[first];
  return mapping !== undefined && (second === undefined || mapping.properties?.[second] !== undefined);
}
