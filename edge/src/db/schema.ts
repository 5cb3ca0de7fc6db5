import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/** The truth. Everything else (queue, cache, workers) may forget, repeat or lie. */

const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });
const bytes = (name: string) => bigint(name, { mode: 'number' });

export const projects = pgTable('projects', {
  id: text('id').primaryKey(),
  createdAt: at('created_at').notNull().defaultNow(),
});

export const uploads = pgTable(
  'uploads',
  {
    id: uuid('id').primaryKey(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id),
    objectKey: text('object_key').notNull().unique(),
    filename: text('filename').notNull(),
    contentType: text('content_type').notNull(),
    sizeBytes: bytes('size_bytes').notNull(),
    status: text('status').notNull(),
    /** The store's own id of the multipart upload; null for an upload in one PUT. */
    multipartId: text('multipart_id'),
    partSizeBytes: bytes('part_size_bytes'),
    partCount: integer('part_count'),
    createdAt: at('created_at').notNull().defaultNow(),
    expiresAt: at('expires_at').notNull(),
    completedAt: at('completed_at'),
  },
  (table) => [
    check('uploads_status', sql`${table.status} in ('pending', 'completed', 'aborted', 'expired')`),
    index('uploads_expiring').on(table.expiresAt).where(sql`${table.status} = 'pending'`),
  ],
);

export const jobs = pgTable(
  'jobs',
  {
    id: uuid('id').primaryKey(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id),
    status: text('status').notNull(),
    priority: smallint('priority').notNull().default(0),
    /** As the client sent it, and spelled out. */
    profileInput: jsonb('profile_input').notNull(),
    profile: jsonb('profile').notNull(),
    metadata: jsonb('metadata').notNull(),
    sourceKey: text('source_key').notNull(),
    sourceEtag: text('source_etag').notNull(),
    sourceSizeBytes: bytes('source_size_bytes').notNull(),
    /** Shared `mediaInfo`, once analyzed. */
    mediaInfo: jsonb('media_info'),
    /** Shared `jobPlan`, once planned. */
    plan: jsonb('plan'),
    /** Tasks that are not done. Counted down with the task's own transition, never recounted. */
    tasksLeft: integer('tasks_left').notNull(),
    failureCode: text('failure_code'),
    failureMessage: text('failure_message'),
    hlsKey: text('hls_key'),
    posterKey: text('poster_key'),
    traceparent: text('traceparent'),
    /** Grows with every change of this row: orders cache entries. */
    version: integer('version').notNull().default(1),
    createdAt: at('created_at').notNull().defaultNow(),
    startedAt: at('started_at'),
    finishedAt: at('finished_at'),
  },
  (table) => [
    check('jobs_status', sql`${table.status} in ('queued', 'processing', 'completed', 'failed', 'canceled')`),
    check('jobs_tasks_left', sql`${table.tasksLeft} >= 0`),
    index('jobs_by_time').on(table.projectId, table.createdAt.desc(), table.id.desc()),
    index('jobs_by_status').on(table.projectId, table.status, table.createdAt.desc(), table.id.desc()),
    index('jobs_active').on(table.status).where(sql`${table.status} in ('queued', 'processing')`),
    index('jobs_by_source').on(table.sourceKey),
    index('jobs_by_poster').on(table.posterKey),
    index('jobs_by_hls').on(table.hlsKey),
  ],
);

export const tasks = pgTable(
  'tasks',
  {
    id: uuid('id').primaryKey(),
    jobId: uuid('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    projectId: text('project_id').notNull(),
    kind: text('kind').notNull(),
    state: text('state').notNull(),
    /** Shared `taskSpec`. */
    spec: jsonb('spec').notNull(),
    /** Order within the job: smaller first. */
    rank: integer('rank').notNull(),
    /** What a worker must be able to do. */
    needs: text('needs').array().notNull(),
    /** Tasks that wait for this one, and how many this one still waits for. */
    unlocks: uuid('unlocks').array().notNull(),
    depsLeft: integer('deps_left').notNull(),
    /** Frames, or what counts as much. */
    workTotal: integer('work_total').notNull(),
    workDone: integer('work_done').notNull().default(0),
    attempt: integer('attempt').notNull().default(0),
    failures: smallint('failures').notNull().default(0),
    silentDeaths: smallint('silent_deaths').notNull().default(0),
    expiries: smallint('expiries').notNull().default(0),
    alone: boolean('alone').notNull().default(false),
    leaseToken: uuid('lease_token'),
    leaseExpiresAt: at('lease_expires_at'),
    heardAt: at('heard_at'),
    workerId: text('worker_id'),
    machineId: text('machine_id'),
    /** True once the current attempt said that it started. */
    started: boolean('started').notNull().default(false),
    /** How the latest attempt ended; null while it runs. */
    outcome: text('outcome'),
    /** One entry for each attempt that ended: who ran it, when, how it ended. */
    attempts: jsonb('attempts').notNull().default(sql`'[]'::jsonb`),
    runAfter: at('run_after').notNull().defaultNow(),
    /** When it became ready, and when a nudge was last written for it. */
    readyAt: at('ready_at'),
    nudgedAt: at('nudged_at'),
    claimedAt: at('claimed_at'),
    startedAt: at('started_at'),
    finishedAt: at('finished_at'),
    result: jsonb('result'),
    failureCode: text('failure_code'),
    failureMessage: text('failure_message'),
    waitingReason: text('waiting_reason'),
    /** Since when it waits for that reason. */
    waitingSince: at('waiting_since'),
    logTail: text('log_tail'),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (table) => [
    check(
      'tasks_state',
      sql`${table.state} in ('blocked', 'ready', 'running', 'done', 'failed', 'canceled')`,
    ),
    check('tasks_deps_left', sql`${table.depsLeft} >= 0`),
    index('tasks_of_job').on(table.jobId),
    index('tasks_ready').on(table.jobId, table.rank, table.id).where(sql`${table.state} = 'ready'`),
    index('tasks_leased').on(table.leaseExpiresAt).where(sql`${table.state} = 'running'`),
  ],
);

/** The first accepted initialisation segment of each track. */
export const tracks = pgTable(
  'tracks',
  {
    jobId: uuid('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    initKey: text('init_key').notNull(),
    initSha256: text('init_sha256').notNull(),
    initSizeBytes: integer('init_size_bytes').notNull(),
    codecs: text('codecs').notNull(),
    width: integer('width').notNull(),
    height: integer('height').notNull(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.name] })],
);

/** Segments that are stored and verified. The first accepted row for a number stands. */
export const segments = pgTable(
  'segments',
  {
    jobId: uuid('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    track: text('track').notNull(),
    number: integer('number').notNull(),
    taskId: uuid('task_id').notNull(),
    attempt: integer('attempt').notNull(),
    objectKey: text('object_key').notNull(),
    sizeBytes: integer('size_bytes').notNull(),
    /** Frames for video, samples for audio. */
    length: integer('length').notNull(),
    announcedAt: at('announced_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.track, table.number] }),
    index('segments_of_task').on(table.taskId),
  ],
);

/** What a completed job publishes. */
export const renditions = pgTable(
  'renditions',
  {
    jobId: uuid('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** Position in the ladder, largest first. */
    position: smallint('position').notNull(),
    width: integer('width').notNull(),
    height: integer('height').notNull(),
    codec: text('codec').notNull(),
    bitrateKbps: integer('bitrate_kbps').notNull(),
    durationMicros: bigint('duration_micros', { mode: 'number' }).notNull(),
    sizeBytes: bytes('size_bytes').notNull(),
    outputKey: text('output_key'),
    playlistKey: text('playlist_key'),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.name] }),
    index('renditions_by_output').on(table.outputKey),
    index('renditions_by_playlist').on(table.playlistKey),
  ],
);

/** The history of a job: what happened, and the version of the job that it made. */
export const jobEvents = pgTable(
  'job_events',
  {
    jobId: uuid('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    /** Grows with every event of the job. */
    version: integer('version').notNull(),
    type: text('type').notNull(),
    data: jsonb('data').notNull(),
    at: at('at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.version, table.type] })],
);

/** Nudges that are to be sent. Written with the change they tell of, deleted once the queue has them. */
export const outbox = pgTable(
  'outbox',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    taskId: uuid('task_id').notNull(),
    traceparent: text('traceparent'),
    createdAt: at('created_at').notNull().defaultNow(),
    /** The nudge is of no use before. */
    dueAt: at('due_at').notNull().defaultNow(),
    /** A relay that claimed the row has until then. */
    claimedUntil: at('claimed_until').notNull().defaultNow(),
  },
  (table) => [index('outbox_due').on(table.claimedUntil)],
);

/** Objects that are to vanish. Kept until storage has confirmed it. */
export const erasures = pgTable(
  'erasures',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    projectId: text('project_id').notNull(),
    /** A key, or a prefix when it ends in "/". */
    prefix: text('prefix').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    runAfter: at('run_after').notNull().defaultNow(),
    /** Objects under it may still be written until then, by URLs that were signed. */
    finalAfter: at('final_after').notNull(),
  },
  (table) => [index('erasures_due').on(table.runAfter)],
);

/** Worker processes, as their bridges last saw them. */
export const workers = pgTable(
  'workers',
  {
    id: text('id').primaryKey(),
    machineId: text('machine_id').notNull(),
    slots: integer('slots').notNull(),
    freeSlots: integer('free_slots').notNull(),
    capabilities: text('capabilities').array().notNull(),
    version: text('version').notNull(),
    firstSeenAt: at('first_seen_at').notNull().defaultNow(),
    lastSeenAt: at('last_seen_at').notNull().defaultNow(),
  },
  (table) => [
    index('workers_by_sight').on(table.lastSeenAt),
    index('workers_by_machine').on(table.machineId, table.lastSeenAt),
  ],
);

/** Jobs that were erased, by the status they had: counters must not fall when rows go. */
export const erasedJobs = pgTable('erased_jobs', {
  status: text('status').primaryKey(),
  jobs: bigint('jobs', { mode: 'number' }).notNull(),
});

/** How long renditions took, from the start of their job: the histogram `job_duration_seconds`. */
export const renditionDurations = pgTable(
  'rendition_durations',
  {
    resolution: text('resolution').notNull(),
    /** Upper end of the bucket in seconds; the last is infinite. */
    upTo: doublePrecision('up_to').notNull(),
    /** Renditions in this bucket alone, and their seconds. */
    renditions: bigint('renditions', { mode: 'number' }).notNull(),
    seconds: doublePrecision('seconds').notNull(),
  },
  (table) => [primaryKey({ columns: [table.resolution, table.upTo] })],
);
