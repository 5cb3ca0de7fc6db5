import { readFile } from 'node:fs/promises';
import type { MediaInfo } from '@millrace/shared/media/media-info.ts';
import { type JobPlan, planJob } from '@millrace/shared/media/plan.ts';
import { type Profile, resolveProfile } from '@millrace/shared/media/profile.ts';
import { initName } from '@millrace/shared/task/outputs.ts';
import type { ResultOf, TaskSpec } from '@millrace/shared/task/task-spec.ts';
import type { AnnouncedInit } from '../worker/task-context.ts';
import { analyze } from '../worker/tasks/analyze.ts';
import { assemble } from '../worker/tasks/assemble.ts';
import { encodeAudio } from '../worker/tasks/encode-audio.ts';
import { encodeVideo } from '../worker/tasks/encode-video.ts';
import { poster } from '../worker/tasks/poster.ts';
import { fakeAttempt } from './fake-attempt.ts';
import type { FakeStorage } from './fake-storage.ts';
import type { TestTools } from './test-tools.ts';

/** Everything one job made, as the control plane would know it. */
export interface FinishedJob {
  mediaInfo: MediaInfo;
  plan: JobPlan;
  video: ResultOf<'encode-video'>[];
  audio: ResultOf<'encode-audio'>[];
  poster: ResultOf<'poster'> | null;
  posterKey: string | null;
  mp4: { name: string; key: string; result: ResultOf<'assemble'> }[];
  /** By track: the init, and the segments by number. */
  tracks: Map<string, { init: AnnouncedInit; initKey: string; segments: Map<number, TrackSegment> }>;
}

export interface TrackSegment {
  key: string;
  length: number;
  sizeBytes: number;
}

/** A ladder that costs little. */
export const SMALL_PROFILE: Profile = {
  ...resolveProfile('default'),
  renditions: [
    { height: 120, crf: 23 },
    { height: 64, crf: 23 },
  ],
  preset: 'ultrafast',
};

/** Uploads a file and takes it through analyze, plan and all tasks, one after another. */
export async function runJob(
  storage: FakeStorage,
  { tools, scratch }: TestTools,
  file: string,
  profile: Profile = SMALL_PROFILE,
): Promise<FinishedJob> {
  const mediaInfo = await analyzeFile(storage, { tools, scratch }, file);
  const outcome = planJob(mediaInfo, profile, { slots: 2 });
  if (!outcome.planned) throw new Error(outcome.message);
  const job: FinishedJob = {
    mediaInfo,
    plan: outcome.plan,
    video: [],
    audio: [],
    poster: null,
    posterKey: null,
    mp4: [],
    tracks: new Map(),
  };
  const ids = `${file.replaceAll(/[^A-Za-z0-9]+/g, '-')}-${storage.objects.size}`;
  for (const task of outcome.tasks) {
    await runTask(storage, { tools, scratch }, job, `${ids}-${task.name}`, task.spec);
  }
  return job;
}

/** Uploads a file and analyses it. */
export async function analyzeFile(
  storage: FakeStorage,
  { tools, scratch }: Pick<TestTools, 'tools' | 'scratch'>,
  file: string,
): Promise<MediaInfo> {
  const bytes = await readFile(file);
  const name = file.replaceAll(/[^A-Za-z0-9.]+/g, '-');
  const key = `uploads/project-1/${storage.objects.size}/${name}`;
  storage.objects.set(key, bytes);
  const source = { key, sizeBytes: bytes.length, etag: storage.etag(key) };
  const attempt = await fakeAttempt(
    storage,
    scratch,
    { kind: 'analyze', source },
    { taskId: `analyze-${storage.objects.size}`, inputs: new Map([['source', key]]) },
  );
  return (await analyze(attempt.ctx, tools)).mediaInfo;
}

async function runTask(
  storage: FakeStorage,
  { tools, scratch }: Pick<TestTools, 'tools' | 'scratch'>,
  job: FinishedJob,
  taskId: string,
  spec: TaskSpec,
): Promise<void> {
  const source = new Map([['source', job.mediaInfo.source.key]]);
  const knownInits = new Map([...job.tracks].map(([track, { init }]) => [track, init.sha256]));
  switch (spec.kind) {
    case 'encode-video': {
      const attempt = await fakeAttempt(storage, scratch, spec, { taskId, inputs: source, knownInits });
      job.video.push(await encodeVideo(attempt.ctx, tools));
      take(job, attempt);
      return;
    }
    case 'encode-audio': {
      const attempt = await fakeAttempt(storage, scratch, spec, { taskId, inputs: source, knownInits });
      job.audio.push(await encodeAudio(attempt.ctx, tools));
      take(job, attempt);
      return;
    }
    case 'poster': {
      const attempt = await fakeAttempt(storage, scratch, spec, { taskId, inputs: source });
      job.poster = await poster(attempt.ctx, tools);
      job.posterKey = attempt.key(job.poster.name);
      return;
    }
    case 'assemble': {
      const tracks = [spec.rendition.name, ...(spec.audioTrack === null ? [] : [spec.audioTrack])];
      const inputs = new Map(tracks.flatMap((track) => trackInputs(job, track)));
      const attempt = await fakeAttempt(storage, scratch, spec, { taskId, inputs });
      const result = await assemble(attempt.ctx, tools);
      job.mp4.push({ name: spec.rendition.name, key: attempt.key(result.name), result });
      return;
    }
    case 'fetch':
    case 'analyze':
    case 'publish':
      return;
    default:
      return spec satisfies never;
  }
}

function take(job: FinishedJob, attempt: Awaited<ReturnType<typeof fakeAttempt>>): void {
  for (const init of attempt.inits) {
    const initKey = attempt.key(init.name);
    if (!job.tracks.has(init.track)) job.tracks.set(init.track, { init, initKey, segments: new Map() });
  }
  for (const { track, number, name, length, sizeBytes } of attempt.segments) {
    job.tracks.get(track)?.segments.set(number, { key: attempt.key(name), length, sizeBytes });
  }
}

function trackInputs(job: FinishedJob, track: string): [string, string][] {
  const found = job.tracks.get(track);
  if (!found) throw new Error(`no track ${track}`);
  const segments = [...found.segments].sort(([a], [b]) => a - b);
  return [
    [initName(track), found.initKey],
    ...segments.map(([number, { key }]): [string, string] => [`${track}/${number}.m4s`, key]),
  ];
}
