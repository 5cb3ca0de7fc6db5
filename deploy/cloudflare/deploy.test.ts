import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { addVersion, deployVersion } from './testing/account-state.ts';
import {
  contract,
  environment,
  essence,
  expand,
  goodSecrets,
  startWorld,
  type World,
} from './testing/world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterEach(() => world.reset());
afterAll(() => world.fake.stop());

const marks = (rows: { mark: string }[]) => rows.map(({ mark }) => mark).join('');
const changing = (calls: string[]) =>
  calls.filter((call) => /^(POST|PUT|PATCH|DELETE|migrate|check)/.test(call));

test('an empty account becomes a whole one', async () => {
  const { error, said } = await world.run();
  expect(error).toBe(null);
  const state = essence(world);
  expect(state.queues).toEqual([
    {
      queue_name: 'millrace-nudges-dead',
      settings: { delivery_delay: 0, delivery_paused: false, message_retention_period: 345_600 },
      consumers: [],
    },
    {
      queue_name: 'millrace-nudges',
      settings: { delivery_delay: 0, delivery_paused: false, message_retention_period: 86_400 },
      consumers: [
        {
          queue_name: 'millrace-nudges',
          type: 'http_pull',
          dead_letter_queue: 'millrace-nudges-dead',
          settings: { batch_size: 10, max_retries: 3, retry_delay: 5, visibility_timeout_ms: 30_000 },
        },
      ],
    },
  ]);
  expect(state.buckets[0]?.[1]).toMatchObject({
    name: 'millrace',
    cors: [
      {
        allowed: { methods: ['GET', 'HEAD', 'PUT'], origins: ['https://api.example.com'] },
        exposeHeaders: expect.arrayContaining(['ETag']),
      },
    ],
    lifecycle: [{ id: 'Default Multipart Abort Rule' }, { id: 'millrace-abort-multipart' }],
  });
  expect(state.workers).toMatchObject([
    { name: 'millrace', schedules: ['* * * * *'], secrets: goodSecrets, message: 'checked: millrace 0.1.0' },
  ]);
  expect(state.domains).toEqual([{ hostname: 'api.example.com', service: 'millrace' }]);
  expect(state.applied).toEqual([1, 2]);
  expect(said).toMatch(
    /EDGE_URL=https:\/\/api\.example\.com\n.*CLOUDFLARE_ACCOUNT_ID=0123.*\n.*QUEUE_ID=\w{32}/,
  );
});

test('the Worker gets the addresses of its account, and runs near its database', async () => {
  await world.run();
  const metadata = world.fake.state.scripts.get('millrace')?.versions[0]?.metadata;
  expect(metadata).toMatchObject({ placement: { region: 'aws:eu-central-1' } });
  const text = JSON.stringify(metadata);
  expect(text).toContain(`https://${world.fake.accountId}.r2.cloudflarestorage.com`);
  expect(text).toContain('{"type":"plain_text","name":"PUBLIC_URL","text":"https://api.example.com"}');
});

test('a second run finds nothing to do and changes nothing', async () => {
  await world.run();
  world.fake.calls.length = 0;
  const { error, rows, said } = await world.run({ secrets: { DATABASE_URL: goodSecrets.DATABASE_URL } });
  expect(error).toBe(null);
  expect(marks(rows)).toMatch(/^=+$/);
  expect(said).toContain('Nothing to do.');
  expect(changing(world.fake.calls)).toEqual([]);
});

test('a dry run prints the plan and changes nothing', async () => {
  const first = await world.run({ dryRun: true });
  expect(changing(world.fake.calls)).toEqual([]);
  expect(first.said).toMatch(/^ {2}\+ queue millrace-nudges-dead$/m);
  expect(first.said).toMatch(/^ {2}\+ migration 0001_more \(before the deployment\)$/m);
  expect(first.said).toMatch(/^ {2}\+ secret FLEET_TOKEN$/m);
  expect(first.said).toMatch(/^ {2}\+ Worker millrace, version \w{20}: 6000 requests a minute/m);
  expect(first.said).toMatch(/^ {2}\+ https:\/\/api\.example\.com leads to millrace$/m);
  expect(first.said).toContain('21 of 21 to do.');

  await world.run();
  world.fake.calls.length = 0;
  const settings = { ...world.settings, webOrigins: ['https://studio.example.com'] };
  const { said } = await world.run({ dryRun: true, settings, rotate: ['FLEET_TOKEN'] });
  expect(changing(world.fake.calls)).toEqual([]);
  expect(said).toMatch(/^ {2}= queue millrace-nudges, keeps messages 86400 s$/m);
  expect(said).toMatch(
    /^ {2}~ CORS of millrace for https:\/\/api.example.com, https:\/\/studio.example.com$/m,
  );
  expect(said).toMatch(/^ {2}~ secret FLEET_TOKEN$/m);
  expect(said).toMatch(/^ {2}~ Worker millrace.*\(secrets\)$/m);
});

test('a dry run without the database says what it cannot know', async () => {
  const { DATABASE_URL: _, ...secrets } = goodSecrets;
  await world.run();
  const { said, error } = await world.run({ dryRun: true, secrets });
  expect(error).toBe(null);
  expect(said).toContain('? migrations: give DATABASE_URL to see them');
  expect((await world.run({ secrets })).error?.message).toContain('DATABASE_URL is missing');
});

test('expanding migrations go before the deployment, contracting ones after its check', async () => {
  await world.run();
  world.events.length = 0;
  world.code = 'second code';
  world.migrations = [expand(1), expand(2), expand(3), contract(4)];
  expect((await world.run()).error).toBe(null);
  expect(world.events).toEqual([
    'read migrations',
    'migrate 0003_more',
    'deploy second code',
    'check',
    'migrate 0004_less',
  ]);
});

test('a version that fails its check gives way to the one before, and the database is not contracted', async () => {
  await world.run();
  const good = essence(world).workers[0]?.tag;
  world.code = 'broken code';
  world.migrations.push(expand(3), contract(4));
  const { error } = await world.run();
  expect(error?.message).toMatch(/The check failed: https:\/\/api\.example\.com\/health: 500/);
  expect(error?.message).toMatch(/Version \w{32} answers again/);
  expect(essence(world)).toMatchObject({ workers: [{ tag: good }], applied: [1, 2, 3] });

  world.code = 'repaired code';
  expect((await world.run()).error).toBe(null);
  expect(essence(world).workers[0]).toMatchObject({ message: 'checked: millrace 0.1.0' });
  expect(essence(world).applied).toEqual([1, 2, 3, 4]);
});

test('going back passes over versions that never passed a check', async () => {
  await world.run();
  const good = essence(world).workers[0]?.tag;
  const script = world.fake.state.scripts.get('millrace');
  if (!script) throw new Error('no Worker');
  const byHand = { tag: 'by hand', message: undefined, metadata: {}, secrets: {} };
  const { id } = addVersion(world.fake.state, script, byHand);
  deployVersion(world.fake.state, script, id, undefined);
  world.code = 'broken code';
  expect((await world.run()).error?.message).toContain('answers again');
  expect(essence(world).workers[0]?.tag).toBe(good);
});

test('where wrangler deployed nothing, the version that answers goes on answering', async () => {
  await world.run();
  world.code = 'second code';
  await world.run();
  const second = essence(world).workers[0];
  Object.assign(world, { code: 'third code', idle: true });
  expect((await world.run()).error?.message).toMatch(/The version \w{20} answers, not \w{20}/);
  expect(essence(world).workers[0]).toEqual(second);
});

test('the first version has nothing to go back to, and says so', async () => {
  world.code = 'broken code';
  const { error } = await world.run();
  expect(error?.message).toContain('There is no earlier version to go back to');
});

test('keys that do not open the bucket are found by the check', async () => {
  const { error } = await world.run({ secrets: { ...goodSecrets, S3_ACCESS_KEY: 'another-key' } });
  expect(error?.message).toMatch(/storage refused a signed upload.*SignatureDoesNotMatch/);
});

test('secrets are set when missing, rotated when asked, and otherwise left alone', async () => {
  await world.run();
  const changed = {
    ...goodSecrets,
    FLEET_TOKEN: 'another-fleet-token',
    METRICS_TOKEN: 'metrics-token-of-tests',
  };
  expect((await world.run({ secrets: changed })).error).toBe(null);
  expect(essence(world).workers[0]?.secrets).toEqual({
    ...goodSecrets,
    METRICS_TOKEN: 'metrics-token-of-tests',
  });
  await world.run({ secrets: changed, rotate: ['FLEET_TOKEN'] });
  expect(essence(world).workers[0]?.secrets).toMatchObject({ FLEET_TOKEN: 'another-fleet-token' });
});

test('missing secrets are named all at once, before anything is changed', async () => {
  const { FLEET_TOKEN: _, PLAYBACK_SECRET: __, ...secrets } = goodSecrets;
  const { error } = await world.run({ secrets });
  expect(error?.message).toContain('Secrets are missing: FLEET_TOKEN, PLAYBACK_SECRET.');
  expect((await world.run({ rotate: ['METRICS_TOKEN'] })).error?.message).toContain('METRICS_TOKEN');
  expect((await world.run({ rotate: ['PASSWORD'] })).error?.message).toContain(
    'not secrets of the Worker: PASSWORD',
  );
  expect(changing(world.fake.calls)).toEqual([]);
});

test('variables that the Worker would refuse are refused before anything is changed', async () => {
  const settings = { ...world.settings, variables: { OPEN_ACCESS: 'true' } };
  expect((await world.run({ settings })).error?.message).toContain(
    'OPEN_ACCESS must not be true in production',
  );
  const secrets = { ...goodSecrets, FLEET_TOKEN: 'short' };
  expect((await world.run({ secrets })).error?.message).toContain('FLEET_TOKEN');
  expect(world.fake.calls.filter((call) => !call.startsWith('GET'))).toEqual([]);
});

test('what others put into the bucket stays; what was ours and is not wanted goes', async () => {
  const settings = {
    ...world.settings,
    bucket: { ...world.settings.bucket, expire: [{ prefix: 'uploads/', days: 30 }] },
  };
  await world.run({ settings });
  const bucket = world.fake.state.buckets.get('default/millrace');
  const other = { allowed: { methods: ['GET'], origins: ['https://other.example'] }, id: 'theirs' };
  bucket?.cors?.push(other);
  expect(bucket?.lifecycle.map(({ id }) => id)).toContain('millrace-expire-uploads/');
  await world.run();
  expect(bucket?.lifecycle.map(({ id }) => id)).toEqual([
    'Default Multipart Abort Rule',
    'millrace-abort-multipart',
  ]);
  await world.run({ settings: { ...world.settings, webOrigins: ['https://studio.example.com'] } });
  expect(bucket?.cors?.map((rule) => (rule as { id: string }).id)).toEqual(['theirs', 'millrace-web']);
});

test('what somebody changed by hand is put right again', async () => {
  await world.run();
  const wanted = essence(world);
  const { queues, scripts } = world.fake.state;
  Object.assign(queues[1]?.consumers[0] ?? {}, { dead_letter_queue: '', settings: { batch_size: 1 } });
  Object.assign(queues[0]?.settings ?? {}, { message_retention_period: 60 });
  Object.assign(scripts.get('millrace') ?? {}, { schedules: [], workersDev: true });
  const { rows } = await world.run();
  expect(rows.filter(({ mark }) => mark === '~').map(({ what }) => what.split(',')[0])).toEqual([
    'queue millrace-nudges-dead',
    'consumer of millrace-nudges: HTTP pull',
    'Worker millrace',
    'check: health',
  ]);
  expect(essence(world)).toEqual(wanted);
});

test('a pause of the queue that somebody set on purpose stays', async () => {
  await world.run();
  Object.assign(world.fake.state.queues[1]?.settings ?? {}, { delivery_paused: true });
  await world.run({
    settings: { ...world.settings, queue: { ...world.settings.queue, retentionSeconds: 3_600 } },
  });
  expect(world.fake.state.queues[1]?.settings).toMatchObject({
    delivery_paused: true,
    message_retention_period: 3_600,
  });
});

test('without a hostname the API is at workers.dev', async () => {
  const settings = { ...world.settings, hostname: null };
  const { said, error } = await world.run({ settings });
  expect(error).toBe(null);
  expect(said).toContain('EDGE_URL=https://millrace.films.workers.dev');
  expect(essence(world)).toMatchObject({ workers: [{ workersDev: true }], domains: [] });
  world.reset();
  world.fake.state.subdomain = null;
  expect((await world.run({ settings })).error?.message).toContain('no workers.dev name yet');
});

test('a bucket of another jurisdiction is one of its own, for the Worker too', async () => {
  const settings = { ...world.settings, bucket: { ...world.settings.bucket, jurisdiction: 'eu' as const } };
  expect((await world.run({ settings })).error).toBe(null);
  expect([...world.fake.state.buckets.keys()]).toEqual(['eu/millrace']);
  const text = JSON.stringify(world.fake.state.scripts.get(environment.name)?.versions[0]?.metadata);
  expect(text).toContain(`https://${world.fake.accountId}.eu.r2.cloudflarestorage.com`);
  expect((await world.run({ settings })).said).toContain('Nothing to do.');
});

test('a hostname of another Worker is taken only when asked for', async () => {
  await world.run();
  const domain = world.fake.state.domains[0];
  if (!domain) throw new Error('no domain');
  domain.service = 'another';
  expect((await world.run()).error?.message).toContain(
    'api.example.com leads to the Worker another. --take-domain takes it away',
  );
  expect((await world.run({ takeDomain: true })).error).toBe(null);
  expect(essence(world).domains).toEqual([{ hostname: 'api.example.com', service: 'millrace' }]);
});

test('a hostname in no zone of the account is said before anything is changed', async () => {
  const settings = { ...world.settings, hostname: 'api.example.org' };
  const { error } = await world.run({ settings });
  expect(error?.message).toContain('No zone of this account holds api.example.org');
  expect(changing(world.fake.calls)).toEqual([]);
});

test('a queue that a Worker consumes is not taken from it', async () => {
  await world.run();
  const consumer = { consumer_id: 'c', type: 'worker', script_name: 'old', settings: {} };
  Object.assign(world.fake.state.queues[1] ?? {}, { consumers: [consumer] });
  expect((await world.run()).error?.message).toContain('consumed by the Worker old');
});
