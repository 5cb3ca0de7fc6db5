import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkStorage } from './check-storage.ts';
import { startLocalS3 } from './testing/local-s3.ts';

let local: Awaited<ReturnType<typeof startLocalS3>>;
let environment: Record<string, string>;

beforeAll(async () => {
  local = await startLocalS3();
  environment = {
    S3_ENDPOINT: local.settings.endpoint,
    S3_REGION: local.settings.region,
    S3_BUCKET: local.settings.bucket,
    S3_ACCESS_KEY: local.settings.accessKeyId,
    S3_SECRET_KEY: local.settings.secretAccessKey,
    S3_ADDRESSING: '',
  };
});
afterAll(() => local.stop());

async function check(send?: typeof fetch) {
  const lines: string[] = [];
  const exitCode = await checkStorage(environment, (line) => lines.push(line), send);
  return { exitCode, lines, text: lines.join('\n') };
}

test('a store that has what is needed passes, and what it lacks is told', async () => {
  const { exitCode, text } = await check();
  expect(exitCode).toBe(0);
  expect(text).toMatch(/holds .* a PUT signed with If-None-Match: \* writes once/);
  expect(text).toMatch(/less .* uploads under way are listed/);
  expect(text).toContain('of 31 rules 2 do not hold, none of them needed');
  expect(text).not.toContain(local.settings.secretAccessKey);
});

test('a store that writes twice fails, with what follows from that', async () => {
  const forgetful: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    return response.status === 412 ? new Response('', { status: 200 }) : response;
  };
  const { exitCode, text } = await check(forgetful);
  expect(exitCode).toBe(1);
  expect(text).toMatch(/MISSING .* writes once/);
  expect(text).toContain('second: 200, not 412');
  expect(text).toContain('could overwrite what another has published');
});

test('an environment that is not complete is told whole', async () => {
  await expect(checkStorage({ S3_ENDPOINT: 'films', S3_ADDRESSING: 'dns' }, () => {})).rejects.toThrow(
    /S3_ENDPOINT must be[\s\S]*S3_BUCKET is required[\s\S]*S3_SECRET_KEY is required[\s\S]*S3_ADDRESSING must be path or virtual-host/,
  );
});
