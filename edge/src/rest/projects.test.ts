import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { projectUsage, uploads } from '../db/schema.ts';
import { today } from '../projects/quota.ts';
import {
  asOperator,
  bearer,
  type ClosedInstallation,
  OPERATOR_TOKEN,
  openClosedInstallation,
} from '../testing/closed-installation.ts';
import { problemShape, type RestAnswer, type RestClient, restClient } from '../testing/rest-client.ts';
import { seedJob, seedTask } from '../testing/seed-job.ts';
import { newKey } from './key-json.ts';
import { project, usedProject } from './project-json.ts';

const page = z.object({ projects: z.array(project), next_cursor: z.string().nullable() });

let installation: ClosedInstallation;
let client: RestClient;
let asAdmin: Record<string, string>;
beforeAll(async () => {
  installation = await openClosedInstallation();
  client = restClient(installation.ctx);
  await client.send('POST', '/projects', { id: 'films', name: 'Films' }, asOperator);
  const made = await client.send(
    'POST',
    '/keys',
    { name: 'a', scopes: ['admin'] },
    bearer(OPERATOR_TOKEN, 'films'),
  );
  asAdmin = bearer(made.as(newKey).key);
});
afterAll(() => installation.close());

function codeOf(answer: RestAnswer): [number, string] {
  return [answer.status, answer.as(problemShape).code];
}

describe('the operator', () => {
  test('makes a project without limits, once', async () => {
    const body = { id: 'news-2', name: 'News' };
    const made = await client.send('POST', '/projects', body, asOperator);
    expect([made.status, made.as(project)]).toEqual([
      201,
      {
        ...body,
        created_at: expect.any(String),
        quotas: { concurrent_tasks: null, minutes_per_day: null, stored_bytes: null },
        retention: {
          keep_sources_days: null,
          keep_outputs_days: null,
          keep_events_days: null,
          keep_logs_days: null,
        },
        legal_hold: false,
        erasing_since: null,
      },
    ]);
    expect(codeOf(await client.send('POST', '/projects', body, asOperator))).toEqual([409, 'project_exists']);
  });

  test('may use a project at once that was just now not there', async () => {
    const headers = bearer(OPERATOR_TOKEN, 'quick');
    expect(codeOf(await client.get('/jobs', headers))).toEqual([404, 'project_not_found']);
    expect((await client.send('POST', '/projects', { id: 'quick' }, asOperator)).status).toBe(201);
    expect((await client.get('/jobs', headers)).status).toBe(200);
  });

  test.each(['', 'a', '-a', 'A', 'a_b', 'a b', 'ä1', 'a'.repeat(40)])(
    'finds no project of the id %j',
    async (id) => {
      expect(codeOf(await client.send('POST', '/projects', { id }, asOperator))).toEqual([
        400,
        'invalid_request',
      ]);
    },
  );

  test('lists all, page by page', async () => {
    const first = (await client.get('/projects?limit=2', asOperator)).as(page);
    expect(first.projects.map(({ id }) => id)).toEqual(['default', 'films']);
    const rest = (await client.get(`/projects?cursor=${first.next_cursor}`, asOperator)).as(page);
    expect(rest.projects.map(({ id }) => id).slice(0, 1)).toEqual(['news-2']);
    expect(rest.next_cursor).toBe(null);
    expect(codeOf(await client.get('/projects?cursor=AAAA', asOperator))).toEqual([400, 'invalid_request']);
  });

  test('sets quotas, and lifts one again', async () => {
    const quotas = { concurrent_tasks: 4, minutes_per_day: 60, stored_bytes: 10_000_000_000 };
    const set = await client.send('PATCH', '/projects/films', { quotas }, asOperator);
    expect(set.as(usedProject)).toMatchObject({ name: 'Films', quotas });
    const lifted = await client.send(
      'PATCH',
      '/projects/films',
      { quotas: { minutes_per_day: null } },
      asOperator,
    );
    expect(lifted.as(usedProject).quotas).toEqual({ ...quotas, minutes_per_day: null });
  });
});

describe('an administrator', () => {
  test('changes what is theirs and leaves the rest', async () => {
    const changes = { name: 'Old films', retention: { keep_logs_days: 7 }, legal_hold: true };
    const before = (await client.get('/projects/films', asAdmin)).as(usedProject);
    const after = (await client.send('PATCH', '/projects/films', changes, asAdmin)).as(usedProject);
    const { retention, ...rest } = changes;
    expect(after).toEqual({ ...before, ...rest, retention: { ...before.retention, ...retention } });
    expect((await client.get('/projects/films', asAdmin)).as(usedProject)).toEqual(after);
    expect((await client.send('PATCH', '/projects/films', {}, asAdmin)).as(usedProject)).toEqual(after);
  });

  test.each<[string, string, object | undefined]>([
    ['PATCH', '/projects/films', { quotas: { stored_bytes: null } }],
    ['PATCH', '/projects/films', { legal_hold: false }],
    ['POST', '/projects', { id: 'more' }],
    ['GET', '/projects', undefined],
  ])("leaves to the operator what is the operator's: %s %s %j", async (method, path, body) => {
    expect(codeOf(await client.send(method, path, body, asAdmin))).toEqual([403, 'forbidden']);
  });

  test('reads what the project uses', async () => {
    const { ctx } = installation;
    const projectId = 'films';
    await ctx.db.insert(projectUsage).values({ projectId, day: today, jobs: 3, sourceMicros: 90e6 });
    const jobId = await seedJob(ctx, { projectId });
    await seedTask(ctx, jobId, { projectId });
    await seedTask(ctx, jobId, { projectId, state: 'ready' });
    const id = ctx.random.uuid();
    const row = {
      id,
      projectId,
      objectKey: id,
      filename: 'f',
      contentType: 'video/mp4',
      expiresAt: new Date(),
    };
    await ctx.db.insert(uploads).values({ ...row, sizeBytes: 6e12, status: 'completed' });
    expect((await client.get('/projects/films', asAdmin)).as(usedProject).usage).toEqual({
      minutes_today: 1.5,
      jobs_today: 3,
      stored_bytes: 6e12,
      running_tasks: 1,
    });
  });
});
