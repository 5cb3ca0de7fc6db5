import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

export interface SmokeOptions {
  /** Where the API is. */
  url: string;
  /** Opens `uploads:write` (and `jobs:*` for a whole job). Without it only health and documentation are looked at. */
  key?: string;
  /** Whose pages may upload straight into the bucket, as its CORS rules are to say. None: not asked. */
  origins: readonly string[];
  /** A film to take through the whole system, fleet and all. */
  film?: string;
  /** Until a new name and its certificate are known everywhere. */
  healthWithinMs: number;
  jobWithinMs?: number;
  say(line: string): void;
  fetch?: typeof fetch;
  wait?(milliseconds: number): Promise<void>;
  now?(): number;
}

const ANSWER_WITHIN_MS = 30_000;
const HEALTH_PAUSE_MS = 2_000;
const JOB_PAUSE_MS = 2_000;
/** New rules of a bucket are known everywhere after half a minute. */
const CORS_WITHIN_MS = 60_000;
const CORS_PAUSE_MS = 2_000;
const JOB_WITHIN_MS = 10 * 60_000;

const uploadSchema = z.object({
  upload_id: z.string(),
  upload_url: z.url(),
  headers: z.record(z.string(), z.string()),
  input_key: z.string(),
});
const jobSchema = z.object({ id: z.string(), status: z.string() });

/** Throws saying what does not work. What it stores it takes away. */
export async function smokeTest(options: SmokeOptions): Promise<void> {
  await waitForHealth(options);
  options.say(`${options.url}/health answers`);
  await readDocument(options);
  if (!options.key) {
    options.say('not checked: a signed upload, from pages too (give SMOKE_API_KEY or OPERATOR_TOKEN)');
    return;
  }
  const content = options.film === undefined ? Buffer.from('smoke test') : await readFile(options.film);
  const upload = await beginUpload(options, content.length);
  try {
    for (const origin of options.origins) await askForPages(options, upload, origin);
    if (options.origins.length > 0) options.say(`pages of ${options.origins.join(', ')} may upload`);
    await putBytes(options, upload, content);
    options.say(`a signed upload of ${content.length} bytes was stored`);
  } catch (error) {
    await takeAway(options, upload).catch(() => {});
    throw error;
  }
  if (options.film === undefined) return takeAway(options, upload);
  await call(options, 'POST', `/uploads/${upload.upload_id}/complete`, [200], {});
  await runJob(options, upload.input_key);
}

async function takeAway(options: SmokeOptions, { upload_id }: Upload): Promise<void> {
  await call(options, 'DELETE', `/uploads/${upload_id}`, [202, 204]);
}

async function waitForHealth(options: SmokeOptions): Promise<void> {
  const { url, healthWithinMs, now = Date.now, wait = pause } = options;
  const end = now() + healthWithinMs;
  for (;;) {
    const seen = await seeHealth(options);
    if (seen === null) return;
    if (now() >= end) throw new Error(`${url}/health: ${seen}`);
    await wait(HEALTH_PAUSE_MS);
  }
}

async function seeHealth({ url, fetch: send = fetch }: SmokeOptions): Promise<string | null> {
  try {
    const response = await send(`${url}/health`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    const text = await response.text();
    return response.status === 200 && text.includes('"ok"')
      ? null
      : `${response.status} ${text.slice(0, 200)}`;
  } catch (error) {
    return error instanceof Error ? `${error.message} ${error.cause ?? ''}`.trim() : String(error);
  }
}

/** Health asks nobody; this goes through routing and the Worker's variables. */
async function readDocument(options: SmokeOptions): Promise<void> {
  const document = await call({ ...options, key: '' }, 'GET', '/openapi.json', [200]);
  z.object({ openapi: z.string(), info: z.object({ title: z.string() }) }).parse(document);
}

type Upload = z.infer<typeof uploadSchema>;

async function beginUpload(options: SmokeOptions, sizeBytes: number): Promise<Upload> {
  const file = { filename: 'smoke-test.mp4', content_type: 'video/mp4', size_bytes: sizeBytes };
  const begun = await call(options, 'POST', '/uploads', [200, 201], { ...file, method: 'single' });
  return uploadSchema.parse(begun);
}

async function askForPages(options: SmokeOptions, upload: Upload, origin: string): Promise<void> {
  const { now = Date.now, wait = pause } = options;
  const end = now() + CORS_WITHIN_MS;
  for (;;) {
    const seen = await preflight(options, upload, origin).catch(String);
    if (seen === null) return;
    if (now() >= end)
      throw new Error(
        `the bucket lets no page of ${origin} upload (is it in webOrigins, and did nobody change the CORS rules ` +
          `of the bucket?): ${seen}`,
      );
    await wait(CORS_PAUSE_MS);
  }
}

/** What a browser asks before it sends a file. Null when it would send it. */
async function preflight(
  { fetch: send = fetch }: SmokeOptions,
  upload: Upload,
  origin: string,
): Promise<string | null> {
  // Browsers set the length by themselves, and ask about what the page sets.
  const names = Object.keys(upload.headers).map((name) => name.toLowerCase());
  const asked = names.filter((name) => name !== 'content-length').sort();
  const response = await send(upload.upload_url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'PUT',
      ...(asked.length > 0 ? { 'access-control-request-headers': asked.join(',') } : {}),
    },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  const text = await response.text();
  if (!response.ok) return `${response.status} ${text.slice(0, 300)}`.trim();
  const allowed = (name: string) =>
    (response.headers.get(`access-control-allow-${name}`) ?? '').split(',').map((one) => one.trim());
  if (!allowed('origin').some((one) => one === origin || one === '*')) return 'the origin is not allowed';
  if (!allowed('methods').some((one) => one === 'PUT' || one === '*')) return 'PUT is not allowed';
  const headers = allowed('headers').map((name) => name.toLowerCase());
  const missing = asked.find((name) => !headers.includes(name) && !headers.includes('*'));
  return missing === undefined ? null : `the header ${missing} is not allowed`;
}

async function putBytes(options: SmokeOptions, upload: Upload, content: Buffer): Promise<void> {
  const { fetch: send = fetch } = options;
  const response = await send(upload.upload_url, {
    method: 'PUT',
    headers: upload.headers,
    body: new Uint8Array(content),
    signal: AbortSignal.timeout(10 * ANSWER_WITHIN_MS),
  });
  const text = await response.text();
  if (response.status !== 200)
    throw new Error(
      `storage refused a signed upload (are S3_ACCESS_KEY and S3_SECRET_KEY those of this bucket?): ` +
        `${response.status} ${text.slice(0, 300)}`,
    );
}

async function runJob(options: SmokeOptions, inputKey: string): Promise<void> {
  const { say, now = Date.now, wait = pause, jobWithinMs = JOB_WITHIN_MS } = options;
  const job = jobSchema.parse(await call(options, 'POST', '/jobs', [200, 201, 202], { input_key: inputKey }));
  const end = now() + jobWithinMs;
  let { status } = job;
  while (!['completed', 'failed', 'canceled'].includes(status) && now() < end) {
    await wait(JOB_PAUSE_MS);
    status = jobSchema.parse(await call(options, 'GET', `/jobs/${job.id}`, [200])).status;
  }
  if (status !== 'completed') throw new Error(`the job ${job.id} of the smoke test is ${status}`);
  say(`a whole job was done: ${job.id}`);
  await call(options, 'DELETE', `/jobs/${job.id}`, [202]);
}

async function call(
  { url, key, fetch: send = fetch }: SmokeOptions,
  method: string,
  path: string,
  expected: number[],
  body?: unknown,
): Promise<unknown> {
  const response = await send(`${url}${path}`, {
    method,
    headers: {
      ...(key ? { authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  const text = await response.text();
  if (!expected.includes(response.status))
    throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
  return text === '' ? null : JSON.parse(text);
}

const pause = (milliseconds: number) => sleep(milliseconds);
