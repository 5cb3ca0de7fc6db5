import { describe, expect, test } from 'vitest';
import { mediaInfoOf } from '../testing/media-info.ts';
import { type JobRow, toJobRecord } from './job-row.ts';

function row(changes: Partial<JobRow> = {}): JobRow {
  return {
    id: '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c',
    project_id: 'default',
    version: 3,
    status: 'processing',
    profile: {},
    metadata: {},
    tags: [],
    priority: 0,
    not_before: null,
    public: false,
    playback_revision: 0,
    legal_hold: false,
    actor: 'test',
    retries: 0,
    event_number: 1,
    playable_at: null,
    input_url: null,
    source_key: 'uploads/a.mp4',
    source_size_bytes: 4_321,
    media_info: null,
    planned: true,
    playable: false,
    failure_code: null,
    failure_message: null,
    hls_key: null,
    poster_key: null,
    created_at: '2026-11-22T12:00:00.000Z',
    started_at: '2026-11-22T12:00:01.000Z',
    finished_at: null,
    running_seconds: 30,
    tasks_total: 4,
    tasks_done: 1,
    tasks_running: 2,
    work_total: 400,
    work_done: 100,
    renditions: [],
    ...changes,
  };
}

describe('progress and time left', () => {
  test.each<[string, Partial<JobRow>, number, number | null]>([
    ['a quarter is done after 30 s', {}, 0.25, 90],
    ['nothing is known before the plan', { planned: false, work_total: 1, work_done: 1 }, 0, null],
    ['too little is done to guess from', { work_done: 8 }, 0.02, null],
    ['nothing is done yet', { work_done: 0 }, 0, null],
    ['all frames are done, but it is not published', { work_done: 400 }, 0.9999, 1],
    ['completed', { status: 'completed', work_done: 400 }, 1, null],
    ['failed half way', { status: 'failed', work_done: 200 }, 0.5, null],
    ['canceled before it started', { status: 'canceled', planned: false, running_seconds: null }, 0, null],
    ['more work was done than planned', { work_done: 900 }, 0.9999, 1],
  ])('%s', (_name, changes, progress, etaSeconds) => {
    expect(toJobRecord(row(changes))).toMatchObject({ progress, etaSeconds });
  });
});

test('the source is told in the words of the API', () => {
  expect(toJobRecord(row({ media_info: mediaInfoOf({ seconds: 8 }) })).source).toEqual({
    width: 1920,
    height: 1080,
    durationSeconds: 8,
    frameRate: 25,
    videoCodec: 'h264',
    audioCodec: 'aac',
    audioChannels: 2,
    container: 'mov,mp4,m4a,3gp,3g2,mj2',
    rotation: 0,
    bitrateKbps: 5_000,
    sizeBytes: 4_321,
  });
  expect(toJobRecord(row({ media_info: mediaInfoOf({ seconds: 8, sound: false }) })).source).toMatchObject({
    audioCodec: null,
    audioChannels: null,
  });
});

test('a failure keeps its word', () => {
  const failed = row({ status: 'failed', failure_code: 'no_video', failure_message: 'no video stream' });
  expect(toJobRecord(failed).error).toEqual({ code: 'no_video', message: 'no video stream' });
});
