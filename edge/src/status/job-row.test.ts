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
    dash_key: null,
    poster_key: null,
    storyboard_key: null,
    published: null,
    created_at: '2026-11-22T12:00:00.000Z',
    started_at: '2026-11-22T12:00:01.000Z',
    finished_at: null,
    running_seconds: 30,
    tasks_total: 4,
    tasks_done: 1,
    tasks_running: 2,
    tasks_reused: 0,
    source_bytes_read: 5_000,
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
    digest: null,
    interlaced: false,
    hdr: false,
    closedCaptions: false,
    audioTracks: 1,
    subtitleTracks: 0,
    bytesRead: 5_000,
  });
  expect(toJobRecord(row({ media_info: mediaInfoOf({ seconds: 8, sound: false }) })).source).toMatchObject({
    audioCodec: null,
    audioChannels: null,
  });
});

test('what is odd about a source is told', () => {
  const info = mediaInfoOf({ seconds: 8 });
  if (!info.video) throw new Error('the film has no pictures');
  const odd = { fieldOrder: 'tt', colorTransfer: 'arib-std-b67', closedCaptions: true };
  const skipped = [
    { kind: 'subtitles', codec: 'dvb_subtitle', reason: 'bitmap_subtitles', language: 'ger' },
  ] as const;
  const record = toJobRecord(
    row({
      media_info: { ...info, video: { ...info.video, ...odd }, skipped: [...skipped], digest: 'sha-256:00' },
    }),
  );
  expect(record.source).toMatchObject({
    interlaced: true,
    hdr: true,
    closedCaptions: true,
    digest: 'sha-256:00',
  });
  expect(record.skipped).toEqual(skipped);
});

test('a rendition has its own frame rate', () => {
  const made = {
    ...{ name: '720p', width: 1280, height: 720, codec: 'avc1.64001f', bitrate_kbps: 900, quality: null },
    ...{ duration_micros: 8_000_000, size_bytes: 9, output_key: null, playlist_key: null },
  };
  const frame_rate = { num: 60_000, den: 1001 };
  const renditions = [
    { ...made, frame_rate, frame_step: 1 },
    { ...made, frame_rate, frame_step: 2 },
    { ...made, frame_rate: null, frame_step: null },
  ];
  expect(toJobRecord(row({ renditions })).renditions.map(({ frameRate }) => frameRate)).toEqual([
    59.94,
    29.97,
    null,
  ]);
});

test('a failure keeps its word', () => {
  const failed = row({
    status: 'failed',
    failure_code: 'nothing_to_encode',
    failure_message: 'no video stream',
  });
  expect(toJobRecord(failed).error).toEqual({ code: 'nothing_to_encode', message: 'no video stream' });
});
