import { resolveProfile } from '@millrace/shared/media/profile.ts';
import type { JobRecord } from '../status/job-record.ts';
import { toJobRecord } from '../status/job-row.ts';
import type { JobInput } from './job-input.ts';

/** The record of a job that was just inserted: what reading it back would give. */
export function newJobRecord(job: {
  id: string;
  projectId: string;
  actor: string;
  input: JobInput;
  created_at: string;
  size_bytes: number | null;
  /** Of its first task. */
  workTotal: number;
}): JobRecord {
  const { input } = job;
  return toJobRecord({
    id: job.id,
    project_id: job.projectId,
    actor: job.actor,
    version: 1,
    event_number: 1,
    status: 'queued',
    profile: { ...resolveProfile(input.profile) },
    metadata: input.metadata,
    tags: input.tags,
    priority: input.priority,
    not_before: input.not_before ? new Date(input.not_before).toISOString() : null,
    public: input.public,
    playback_revision: 0,
    legal_hold: false,
    retries: 0,
    input_url: input.input_url ?? null,
    source_key: input.input_key ?? null,
    source_size_bytes: job.size_bytes,
    media_info: null,
    planned: false,
    playable: false,
    playable_at: null,
    failure_code: null,
    failure_message: null,
    hls_key: null,
    dash_key: null,
    poster_key: null,
    storyboard_key: null,
    published: null,
    created_at: new Date(job.created_at).toISOString(),
    started_at: null,
    finished_at: null,
    running_seconds: null,
    tasks_total: 1,
    tasks_done: 0,
    tasks_running: 0,
    tasks_reused: 0,
    source_bytes_read: 0,
    work_total: job.workTotal,
    work_done: 0,
    renditions: [],
  });
}
