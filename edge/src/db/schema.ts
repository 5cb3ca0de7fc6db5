import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
  check,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';

/** The truth. Everything else (queue, cache, workers) may forget, repeat or lie. */

const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });
const bytes = (name: string) => bigint(name, { mode: 'number' });

export const projects = pgTable(
  'projects',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull().default(''),
    createdAt: at('created_at').notNull().defaultNow(),
    /** Quotas; null is no limit. */
    concurrentTasks: integer('concurrent_tasks'),
    minutesPerDay: integer('minutes_per_day'),
    storedBytes: bytes('stored_bytes'),
    /** How long what belongs to ended jobs is kept; null is for ever. */
    keepSourcesDays: integer('keep_sources_days'),
    keepOutputsDays: integer('keep_outputs_days'),
    keepEventsDays: integer('keep_events_days'),
    keepLogsDays: integer('keep_logs_days'),
    /** Whoever changed it last. */
    changedBy: text('changed_by'),
    /** Nothing of the project may be erased. */
    legalHold: boolean('legal_hold').notNull().default(false),
    /** Set once the project is on its way out: nobody gets in any more. */
    erasingSince: at('erasing_since'),
    /** When retention, or its erasure, looks at it next. */
    retainAt: at('retain_at').notNull().defaultNow(),
  },
  (table) => [
    index('projects_retaining')
      .on(table.retainAt)
      .where(
        sql`${table.erasingSince} is not null or ${table.keepSourcesDays} is not null or ${table.keepOutputsDays} is not null or ${table.keepEventsDays} is not null or ${table.keepLogsDays} is not null`,
      ),
  ],
);

/** What a project has used, by day (UTC). Minutes count when a source was analyzed. */
export const projectUsage = pgTable(
  'project_usage',
  {
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    day: date('day').notNull(),
    jobs: integer('jobs').notNull().default(0),
    sourceMicros: bigint('source_micros', { mode: 'number' }).notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.day] })],
);

/** People, as the tokens of the identity provider name them. */
export const users = pgTable(
  'users',
  {
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    subject: text('subject').notNull(),
    name: text('name').notNull(),
    role: text('role').notNull(),
    firstSeenAt: at('first_seen_at').notNull().defaultNow(),
    lastSeenAt: at('last_seen_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.subject] })],
);

export const apiKeys = pgTable(
  'api_keys',
  {
    id: uuid('id').primaryKey(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** Its first characters, by which people know it again. */
    hint: text('hint').notNull(),
    /** SHA-256 of the key, in hex. The key itself is shown once and kept nowhere. */
    sha256: text('sha256').notNull().unique(),
    scopes: text('scopes').array().notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    expiresAt: at('expires_at'),
    lastUsedAt: at('last_used_at'),
    revokedAt: at('revoked_at'),
    revokedBy: text('revoked_by'),
    /** Since then it has a successor. */
    replacedAt: at('replaced_at'),
  },
  (table) => [index('api_keys_of_project').on(table.projectId, table.createdAt, table.id)],
);

/** Answers to requests that named an `Idempotency-Key`. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    projectId: text('project_id').notNull(),
    key: text('key').notNull(),
    /** Of caller, method, path and body: the same key with another request is refused. */
    fingerprint: text('fingerprint').notNull(),
    /** The stored answer; null while the first request is under way. */
    status: smallint('status'),
    headers: jsonb('headers'),
    body: text('body'),
    /** The entries of an answer to a batch, in place of the body, and what takes the place of one whose job is erased. */
    entries: text('entries').array(),
    erasedEntry: text('erased_entry'),
    /** What the answer tells of: jobs, uploads and others. */
    ids: uuid('ids').array().notNull().default(sql`'{}'`),
    /** A first request that fell silent gives way to its repetition then. */
    claimedUntil: at('claimed_until').notNull(),
    expiresAt: at('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.projectId, table.key] }),
    index('idempotency_keys_expiring').on(table.expiresAt),
    index('idempotency_keys_by_id').using('gin', table.ids),
  ],
);

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
    /** Of the whole object, once completed. */
    etag: text('etag'),
    actor: text('actor').notNull().default('unknown'),
    /** Whoever changed it last. */
    changedBy: text('changed_by'),
    /** May not be erased. */
    legalHold: boolean('legal_hold').notNull().default(false),
    createdAt: at('created_at').notNull().defaultNow(),
    expiresAt: at('expires_at').notNull(),
    completedAt: at('completed_at'),
  },
  (table) => [
    check('uploads_status', sql`${table.status} in ('pending', 'completed', 'aborted', 'expired')`),
    index('uploads_expiring').on(table.expiresAt).where(sql`${table.status} = 'pending'`),
    index('uploads_by_time').on(table.projectId, table.createdAt, table.id),
    index('uploads_by_status').on(table.projectId, table.status, table.createdAt, table.id),
    index('uploads_held').on(table.projectId).where(sql`${table.legalHold}`),
  ],
);

/** Parts that a client said are stored: what another client resumes from. */
export const uploadParts = pgTable(
  'upload_parts',
  {
    uploadId: uuid('upload_id')
      .notNull()
      .references(() => uploads.id, { onDelete: 'cascade' }),
    number: integer('number').notNull(),
    etag: text('etag').notNull(),
  },
  (table) => [primaryKey({ columns: [table.uploadId, table.number] })],
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
    tags: text('tags').array().notNull().default(sql`'{}'`),
    /** Whoever created it. */
    actor: text('actor').notNull().default('unknown'),
    /** Nothing of it starts earlier. */
    notBefore: at('not_before'),
    /** Where the fleet is to fetch the source from; the three columns after it are null until it has. */
    inputUrl: text('input_url'),
    sourceKey: text('source_key'),
    sourceEtag: text('source_etag'),
    sourceSizeBytes: bytes('source_size_bytes'),
    /** The source went before its job, for its time was over. */
    sourceErasedAt: at('source_erased_at'),
    /** Plays without a signed link. */
    public: boolean('public').notNull().default(false),
    /** Signed links name it: raising it revokes all that were made before. */
    playbackRevision: integer('playback_revision').notNull().default(0),
    /** May not be erased. */
    legalHold: boolean('legal_hold').notNull().default(false),
    retries: smallint('retries').notNull().default(0),
    /** When every rendition and the audio had begun. */
    playableAt: at('playable_at'),
    /** Number of its latest event. */
    eventNumber: integer('event_number').notNull().default(1),
    /** Shared `mediaInfo`, once analyzed. */
    mediaInfo: jsonb('media_info'),
    /** Shared `jobPlan`, once planned. */
    plan: jsonb('plan'),
    /** Tasks that are not done. Counted down with the task's own transition, never recounted. */
    tasksLeft: integer('tasks_left').notNull(),
    failureCode: text('failure_code'),
    failureMessage: text('failure_message'),
    /** Subtitle files that came with it: shared `sidecar`, in order. */
    sidecars: jsonb('sidecars').notNull().default(sql`'[]'::jsonb`),
    hlsKey: text('hls_key'),
    dashKey: text('dash_key'),
    storyboardKey: text('storyboard_key'),
    /** What was published beside the video renditions: audio and subtitle tracks. Null until then. */
    published: jsonb('published'),
    posterKey: text('poster_key'),
    traceparent: text('traceparent'),
    /** `X-Request-Id` of the request that created it. */
    requestId: text('request_id'),
    /** Grows with every change of this row: orders cache entries. */
    version: integer('version').notNull().default(1),
    createdAt: at('created_at').notNull().defaultNow(),
    startedAt: at('started_at'),
    finishedAt: at('finished_at'),
  },
  (table) => [
    check('jobs_status', sql`${table.status} in ('queued', 'processing', 'completed', 'failed', 'canceled')`),
    check('jobs_tasks_left', sql`${table.tasksLeft} >= 0`),
    index('jobs_by_time').on(table.projectId, table.createdAt, table.id),
    index('jobs_by_status').on(table.projectId, table.status, table.createdAt, table.id),
    index('jobs_active').on(table.status).where(sql`${table.status} in ('queued', 'processing')`),
    index('jobs_by_source').on(table.sourceKey),
    index('jobs_by_sidecar').using('gin', sql`${table.sidecars} jsonb_path_ops`),
    // With the time of creation, which such a list may be filtered by.
    index('jobs_by_end')
      .on(table.projectId, table.finishedAt, table.id, table.createdAt)
      .where(sql`${table.finishedAt} is not null`),
    index('jobs_by_status_and_end')
      .on(table.projectId, table.status, table.finishedAt, table.id)
      .where(sql`${table.finishedAt} is not null`),
    // Keys too are asked for, which jsonb_path_ops knows nothing of.
    index('jobs_by_metadata').using('gin', table.metadata),
    index('jobs_by_tag').using('gin', table.tags),
    index('jobs_by_poster').on(table.posterKey),
    index('jobs_by_hls').on(table.hlsKey),
    index('jobs_held').on(table.projectId).where(sql`${table.legalHold}`),
    // With what such a list may be filtered by.
    index('jobs_failed')
      .on(table.finishedAt, table.id, table.projectId, table.failureCode)
      .where(sql`${table.status} = 'failed'`),
    index('jobs_with_fetched_source')
      .on(table.projectId, table.finishedAt)
      .where(
        sql`${table.inputUrl} is not null and ${table.sourceKey} is not null and ${table.sourceErasedAt} is null`,
      ),
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
    /** Names what it makes, an entry for each track or for all its files: equal for equal work on the same source. */
    fingerprints: text('fingerprints').array().notNull().default(sql`'{}'`),
    /** The task of an earlier job whose outputs it has taken over; it never ran itself. */
    reusedFrom: uuid('reused_from'),
    /** Bytes of the source fetched from storage, by all its attempts. */
    sourceBytesRead: bytes('source_bytes_read').notNull().default(0),
    /** Of these, what the latest attempt has fetched so far: its reports give a running total. */
    attemptBytesRead: bytes('attempt_bytes_read').notNull().default(0),
    /** CPU time of the programs that its attempts ran, as those said that ended with a word. */
    cpuMicros: bigint('cpu_micros', { mode: 'number' }).notNull().default(0),
    /** When a heartbeat last told of work done. */
    movedAt: at('moved_at'),
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
    index('tasks_to_reuse')
      .using('gin', table.fingerprints)
      .where(sql`${table.state} = 'done' and ${table.fingerprints} <> '{}'`),
    index('tasks_ready').on(table.jobId, table.rank, table.id).where(sql`${table.state} = 'ready'`),
    index('tasks_with_log').on(table.projectId, table.finishedAt).where(sql`${table.logTail} is not null`),
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
    /** The task that wrote it, which may be one of an earlier job. Null for what was written before this was noted. */
    taskId: uuid('task_id'),
    initKey: text('init_key').notNull(),
    initSha256: text('init_sha256').notNull(),
    initSizeBytes: integer('init_size_bytes').notNull(),
    codecs: text('codecs').notNull(),
    width: integer('width').notNull(),
    height: integer('height').notNull(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.name] }), index('tracks_of_task').on(table.taskId)],
);

/** Files that done tasks stored, by their object name: MP4s, poster, subtitles, storyboard. */
export const files = pgTable(
  'files',
  {
    jobId: uuid('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    name: text('name').notNull(),
    /** The task that wrote it, which may be one of an earlier job. */
    taskId: uuid('task_id').notNull(),
    objectKey: text('object_key').notNull(),
    sizeBytes: bytes('size_bytes').notNull(),
  },
  (table) => [primaryKey({ columns: [table.jobId, table.name] }), index('files_of_task').on(table.taskId)],
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
    /** From its beginning to the end of its first picture, for I-frame playlists. */
    keyBytes: integer('key_bytes').notNull().default(0),
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
    /** Averages over the samples that were measured: shared `measuredQuality`. Null where none were. */
    quality: jsonb('quality'),
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
    projectId: text('project_id').notNull(),
    /** From 1 for each job, without gaps. */
    number: integer('number').notNull(),
    version: integer('version').notNull(),
    type: text('type').notNull(),
    data: jsonb('data').notNull(),
    actor: text('actor').notNull().default('unknown'),
    at: at('at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.number] }),
    index('job_events_of_project').on(table.projectId, table.at),
  ],
);

/** Where a project wants to be told of events. */
export const webhooks = pgTable(
  'webhooks',
  {
    id: uuid('id').primaryKey(),
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    url: text('url').notNull(),
    /** Event types; empty for all. */
    events: text('events').array().notNull(),
    description: text('description').notNull().default(''),
    status: text('status').notNull().default('enabled'),
    /** Why it is disabled: by its owner, or by its own answer. */
    disabledReason: text('disabled_reason'),
    /** `whsec_…`; the one before signs too until its time is over. */
    secret: text('secret').notNull(),
    previousSecret: text('previous_secret'),
    previousSecretUntil: at('previous_secret_until'),
    actor: text('actor').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (table) => [
    check('webhooks_status', sql`${table.status} in ('enabled', 'disabled')`),
    index('webhooks_of_project').on(table.projectId, table.createdAt, table.id),
  ],
);

/** One event on its way to one endpoint. Written in the statement of the change it tells of. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    webhookId: uuid('webhook_id')
      .notNull()
      .references(() => webhooks.id, { onDelete: 'cascade' }),
    projectId: text('project_id').notNull(),
    /** The same for all endpoints and all attempts: `evt_{job}_{number}`. */
    eventId: text('event_id').notNull(),
    type: text('type').notNull(),
    /** Whose event it is; erasing them takes the payload too. */
    jobId: uuid('job_id'),
    uploadId: uuid('upload_id'),
    data: jsonb('data').notNull(),
    state: text('state').notNull().default('pending'),
    /** One entry for each attempt: when, status or error, how long. */
    attempts: jsonb('attempts').notNull().default(sql`'[]'::jsonb`),
    occurredAt: at('occurred_at').notNull().defaultNow(),
    /** When the next attempt is due; also how long a deliverer that took it may be silent. */
    dueAt: at('due_at').notNull().defaultNow(),
    endedAt: at('ended_at'),
    /** When it is looked at whether it may go. */
    forgetAfter: at('forget_after').notNull().default(sql`now() + interval '30 days'`),
  },
  (table) => [
    check('webhook_deliveries_state', sql`${table.state} in ('pending', 'delivered', 'failed')`),
    index('webhook_deliveries_due').on(table.webhookId, table.dueAt).where(sql`${table.state} = 'pending'`),
    index('webhook_deliveries_to_forget').on(table.forgetAfter),
    index('webhook_deliveries_of_webhook').on(table.webhookId, table.occurredAt, table.id),
    index('webhook_deliveries_ended')
      .on(table.projectId, table.endedAt)
      .where(sql`${table.endedAt} is not null`),
    index('webhook_deliveries_failed').on(table.endedAt, table.id).where(sql`${table.state} = 'failed'`),
    index('webhook_deliveries_failed_of_project')
      .on(table.projectId, table.endedAt, table.id)
      .where(sql`${table.state} = 'failed'`),
    index('webhook_deliveries_of_job').on(table.jobId),
    index('webhook_deliveries_of_upload').on(table.uploadId),
  ],
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

/** What an operator holds back: see `dispatch-pause.ts` in shared. At most one for each scope. */
export const dispatchPauses = pgTable(
  'dispatch_pauses',
  {
    id: uuid('id').primaryKey(),
    /** Null for every project. */
    projectId: text('project_id').references(() => projects.id, { onDelete: 'cascade' }),
    /** Null for every codec, and for tasks of none. */
    codec: text('codec'),
    reason: text('reason').notNull(),
    /** Whoever paused it, or changed the pause last. */
    actor: text('actor').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    /** In force until then; null until somebody ends it. */
    expiresAt: at('expires_at'),
  },
  (table) => [
    unique('dispatch_pauses_scope').on(table.projectId, table.codec).nullsNotDistinct(),
    index('dispatch_pauses_by_time').on(table.createdAt, table.id),
  ],
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
    receiptId: uuid('receipt_id'),
    /** It was found empty once. */
    emptied: boolean('emptied').notNull().default(false),
  },
  (table) => [
    index('erasures_due').on(table.runAfter),
    index('erasures_of_receipt').on(table.receiptId),
    index('erasures_by_prefix').on(table.prefix),
  ],
);

/** That something was erased: outlives it, and names nothing of what it held. */
export const erasureReceipts = pgTable(
  'erasure_receipts',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    projectId: text('project_id').notNull(),
    /** `job`, `upload`, `source` or `project`. */
    kind: text('kind').notNull(),
    subjectId: text('subject_id').notNull(),
    /** `request` or `retention`. */
    reason: text('reason').notNull(),
    actor: text('actor').notNull(),
    requestedAt: at('requested_at').notNull().defaultNow(),
    /** When storage was found empty. */
    emptiedAt: at('emptied_at'),
    /** When no URL could write there any more, and it was still empty. */
    completedAt: at('completed_at'),
  },
  (table) => [
    index('erasure_receipts_of_project').on(table.projectId, table.requestedAt, table.id),
    index('erasure_receipts_of_subject').on(table.projectId, table.subjectId),
  ],
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

/** How many jobs there are. Kept by triggers on `jobs`, which migrations/ has: counting a million takes long. */
export const jobCounts = pgTable(
  'job_counts',
  {
    projectId: text('project_id')
      .notNull()
      .references(() => projects.id, { onDelete: 'cascade' }),
    status: text('status').notNull(),
    jobs: bigint('jobs', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.projectId, table.status] })],
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

/** Counts that no rows tell, since rows go: counters, and histograms by bucket. Written with the change that they count. */
export const metricTotals = pgTable(
  'metric_totals',
  {
    metric: text('metric').notNull(),
    /** The value of its one label; empty where it has none. */
    label: text('label').notNull().default(''),
    /** Upper end of the bucket; infinite for the last one, and for what is only counted. */
    upTo: doublePrecision('up_to').notNull(),
    /** In this bucket alone, and their sum. */
    observations: bigint('observations', { mode: 'number' }).notNull(),
    total: doublePrecision('total').notNull(),
  },
  (table) => [primaryKey({ columns: [table.metric, table.label, table.upTo] })],
);

/** What an ended job has used and stored. Kept by a trigger on `jobs`, which migrations/ has. */
export const jobCosts = pgTable('job_costs', {
  jobId: uuid('job_id')
    .primaryKey()
    .references(() => jobs.id, { onDelete: 'cascade' }),
  cpuMicros: bigint('cpu_micros', { mode: 'number' }).notNull(),
  bytesRead: bytes('bytes_read').notNull(),
  /** By itself: what it took over from other jobs is theirs. */
  bytesStored: bytes('bytes_stored').notNull(),
});

/** The same for all jobs of a project that ever ended, by the same trigger: only grows. */
export const projectCosts = pgTable(
  'project_costs',
  {
    projectId: text('project_id')
      .primaryKey()
      .references(() => projects.id, { onDelete: 'cascade' }),
    cpuMicros: bigint('cpu_micros', { mode: 'number' }).notNull(),
    bytesRead: bytes('bytes_read').notNull(),
    bytesStored: bytes('bytes_stored').notNull(),
  },
  (table) => [index('project_costs_by_cpu').on(table.cpuMicros, table.projectId)],
);
