import { basename } from 'node:path';
import { profileObject } from '@millrace/shared/media/profile.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TaskFailure } from '../task-failure.ts';
import { type FakeStorage, startFakeStorage } from '../testing/fake-storage.ts';
import { runJob } from '../testing/run-job.ts';
import { createTestTools, type TestTools } from '../testing/test-tools.ts';
import { lookAt } from './outcome.ts';
import { SUPPORT } from './rows.ts';
import type { SupportRow } from './support-row.ts';
import { createWorkshop } from './workshop.ts';

let storage: FakeStorage;
let env: TestTools;
beforeAll(async () => {
  storage = await startFakeStorage();
  env = await createTestTools();
});
afterAll(async () => {
  await env.close();
  await storage.close();
});

const rows = SUPPORT.flatMap(({ group, rows: list }) =>
  list.map((row): [string, SupportRow] => [`${group}, ${row.feature}: ${row.input}`, row]),
);

describe('what docs/media-support.md says of a source is so', () => {
  test.each(rows)('%s', async (_, row) => {
    const file = await row.file(createWorkshop(env.scratch));
    const profile = profileObject.parse({
      renditions: [{ height: 120 }],
      preset: 'ultrafast',
      storyboard: false,
      packaging: ['hls', 'mp4'],
      ...row.profile,
    });
    const running = runJob(storage, env, file, profile, sidecarsOf(row));
    if (row.fails) return expect(await codeOf(running)).toBe(row.fails);
    expect(row.check, 'a row that succeeds is looked at').toBeDefined();
    await row.check?.(lookAt(storage, env.scratch, await running));
  });
});

function sidecarsOf({ sidecar }: SupportRow) {
  if (!sidecar) return [];
  const { name, text, language } = sidecar;
  const key = `uploads/project-1/sidecar/${basename(name)}`;
  storage.objects.set(key, Buffer.from(text));
  const file = {
    key,
    sizeBytes: Buffer.byteLength(text),
    etag: storage.etag(key),
    format: name.endsWith('.srt') ? ('srt' as const) : ('vtt' as const),
  };
  return [{ file, language, title: null }];
}

async function codeOf(running: Promise<unknown>): Promise<string> {
  const outcome = await running.then(
    () => 'completed',
    (error: unknown) => error,
  );
  if (outcome instanceof TaskFailure) return outcome.code;
  return String(outcome);
}
