import { randomUUID } from 'node:crypto';
import { seedJob } from '../../testing/seed-job.ts';
import { storeProject, storeUpload } from '../../testing/store-job.ts';
import { send } from '../send.ts';
import { putSource, UNKNOWN, type World, withoutStatusCache, withoutStorage } from '../world.ts';
import { asOperatorOf, type Cases } from './case.ts';

const NEVER_UPLOADED = `uploads/default/${UNKNOWN}/none.mp4`;
const subtitles = async (ctx: World['ctx'], filename = 'film.srt') =>
  (await storeUpload(ctx, { filename, etag: '"e"' })).uploadId;
const newJob = async ({ ctx }: World) => ({
  input_key: await putSource(ctx),
  profile: { renditions: [{ height: 360, max_bitrate_kbps: 800 }], packaging: ['hls'] },
  metadata: { order: [1, { paid: true }] },
  tags: ['trailer', 'Übung'],
  priority: 7,
  not_before: '2030-01-01T01:00:00+01:00',
  subtitles: [{ upload_id: await subtitles(ctx), language: 'pt-BR', label: 'Português' }],
});
const fetched = { input_url: 'https://films.example/a.mp4' };
const jobOf = async ({ ctx }: World, row: Parameters<typeof seedJob>[1] = {}) => ({
  params: { id: await seedJob(ctx, { mediaInfo: null, plan: null, ...row }) },
});
const unknown = () => ({ params: { id: UNKNOWN } });

export const jobCases: Cases = {
  createJob: {
    201: async (world) => ({ body: await newJob(world) }),
    source_not_found: () => ({ body: { input_key: NEVER_UPLOADED } }),
    source_not_media: () => ({ body: { input_key: `uploads/default/${UNKNOWN}/film.srt` } }),
    subtitles_not_found: async ({ ctx }) => ({
      body: { input_key: await putSource(ctx), subtitles: [{ upload_id: UNKNOWN }] },
    }),
    unsupported_subtitles: async ({ ctx }) => ({
      body: { input_key: await putSource(ctx), subtitles: [{ upload_id: await subtitles(ctx, 'film.ass') }] },
    }),
    source_empty: async ({ ctx }) => ({ body: { input_key: await putSource(ctx, '') } }),
    source_too_large: async ({ ctx }) => ({
      body: { input_key: await putSource(ctx) },
      ctx: { ...ctx, config: { ...ctx.config, maxSourceBytes: 10 } },
    }),
    input_url_refused: () => ({ body: { input_url: 'https://somebody:secret@films.example/a.mp4' } }),
    quota_exceeded: async ({ ctx }) => {
      const project = await storeProject(ctx, `p-${randomUUID().slice(0, 8)}`, { minutesPerDay: 0 });
      return { body: fetched, headers: asOperatorOf(project) };
    },
    storage_unavailable: ({ ctx }) => ({
      body: { input_key: NEVER_UPLOADED },
      ctx: withoutStorage(ctx, 'head'),
    }),
  },
  createJobs: {
    200: async (world) => ({
      body: { jobs: [await newJob(world), fetched, { input_key: NEVER_UPLOADED }] },
    }),
    storage_unavailable: ({ ctx }) => ({
      body: { jobs: [fetched, { input_key: NEVER_UPLOADED }] },
      ctx: withoutStorage(ctx, 'head'),
    }),
  },
  listJobs: {
    200: async ({ ctx }) => {
      for (let n = 0; n < 2; n++) await seedJob(ctx, { tags: ['listed'], metadata: { n } });
      return { query: { status: 'processing,queued', tag: 'listed', metadata_key: 'n', limit: '1' } };
    },
  },
  getJob: {
    200: (world) =>
      jobOf(world, {
        status: 'failed',
        failureCode: 'nothing_to_encode',
        failureMessage: 'No picture.',
        public: true,
      }),
    304: async (world) => {
      const { params } = await jobOf(world, { status: 'completed', finishedAt: new Date() });
      const first = await send(world.ctx, {
        ...{ method: 'GET', path: `/jobs/${params.id}`, headers: asOperatorOf('default') },
      });
      return { params, headers: { 'if-none-match': first.headers.get('etag') ?? '' } };
    },
    job_not_found: unknown,
  },
  updateJob: {
    200: async (world) => ({ ...(await jobOf(world)), body: { priority: 9, public: true, tags: [] } }),
    job_not_found: () => ({ ...unknown(), body: {} }),
    cache_unavailable: async (world) => ({
      ...(await jobOf(world)),
      body: { public: false },
      ctx: withoutStatusCache(world.ctx),
    }),
  },
  eraseJob: {
    202: (world) => jobOf(world),
    job_not_found: unknown,
    legal_hold: (world) => jobOf(world, { legalHold: true }),
  },
  cancelJob: {
    200: (world) => jobOf(world, { status: 'queued' }),
    job_not_found: unknown,
    job_final: (world) => jobOf(world, { status: 'completed', finishedAt: new Date() }),
  },
  retryJob: {
    200: (world) => jobOf(world, { status: 'canceled', finishedAt: new Date() }),
    job_not_found: unknown,
    job_not_retryable: (world) => jobOf(world),
    source_not_found: (world) =>
      jobOf(world, { status: 'failed', finishedAt: new Date(), sourceErasedAt: new Date() }),
  },
};
