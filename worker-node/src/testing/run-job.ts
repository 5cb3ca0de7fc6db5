import { readFile } from 'node:fs/promises';
import type { MediaInfo } from '@millrace/shared/media/media-info.ts';
import { type JobPlan, planJob, type Sidecar } from '@millrace/shared/media/plan.ts';
import { type Profile, resolveProfile } from '@millrace/shared/media/profile.ts';
import { objectsRead, tracksRead } from '@millrace/shared/task/inputs.ts';
import { initName } from '@millrace/shared/task/outputs.ts';
import type { ResultOf, TaskResult, TaskSpec } from '@millrace/shared/task/task-spec.ts';
import { TaskFailure } from '../task-failure.ts';
import { createTaskRunner } from '../worker/run-task.ts';
import type { AnnouncedInit } from '../worker/task-context.ts';
import { analyze } from '../worker/tasks/analyze.ts';
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
  subtitles: ResultOf<'subtitles'>[];
  storyboard: ResultOf<'storyboard'> | null;
  quality: ResultOf<'measure-quality'>[];
  mp4: { name: string; key: string; result: ResultOf<'assemble'> }[];
  /** Keys of the files that tasks stored, by object name. */
  files: Map<string, string>;
  /** By track: the init, and the segments by number. */
  tracks: Map<string, { init: AnnouncedInit; initKey: string; segments: Map<number, TrackSegment> }>;
}

export interface TrackSegment {
  key: string;
  length: number;
  sizeBytes: number;
  keyBytes: number;
}

/** A ladder that costs little. */
export const SMALL_PROFILE: Profile = {
  ...resolveProfile('default'),
  renditions: [
    { height: 120, codec: 'h264', crf: 23 },
    { height: 64, codec: 'h264', crf: 23 },
  ],
  preset: 'ultrafast',
};

/** Uploads a file and takes it through analyze, plan and all tasks, one after another. */
export async function runJob(
  storage: FakeStorage,
  { tools, scratch }: TestTools,
  file: string,
  profile: Profile = SMALL_PROFILE,
  sidecars: readonly Sidecar[] = [],
  workerOf: (taskIndex: number) => Pick<TestTools, 'tools' | 'scratch'> = () => ({ tools, scratch }),
): Promise<FinishedJob> {
  const mediaInfo = await analyzeFile(storage, { tools, scratch }, file);
  const outcome = planJob({ mediaInfo, profile, fleet: { slots: 2 }, sidecars });
  if (!outcome.planned) throw new TaskFailure(outcome.code, outcome.message);
  const job: FinishedJob = {
    mediaInfo,
    plan: outcome.plan,
    video: [],
    audio: [],
    poster: null,
    subtitles: [],
    storyboard: null,
    quality: [],
    mp4: [],
    files: new Map(),
    tracks: new Map(),
  };
  const ids = `${file.replaceAll(/[^A-Za-z0-9]+/g, '-')}-${storage.objects.size}`;
  for (const [i, task] of outcome.tasks.entries()) {
    if (task.spec.kind === 'publish') continue;
    await runTask(storage, workerOf(i), job, `${ids}-${task.name}`, task.spec);
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
  const knownInits = new Map([...job.tracks].map(([track, { init }]) => [track, init.sha256]));
  const inputs = new Map([
    ...objectsRead(spec).map(({ name, key }): [string, string] => [name, key]),
    ...tracksRead(spec).flatMap(({ track, segment }) => trackInputs(job, track, segment)),
  ]);
  const attempt = await fakeAttempt(storage, scratch, spec, { taskId, inputs, knownInits });
  const result = await createTaskRunner(tools)(attempt.ctx);
  take(job, attempt);
  keep(job, attempt, result);
}

/** Puts a result where the control plane would. */
function keep(job: FinishedJob, attempt: Awaited<ReturnType<typeof fakeAttempt>>, result: TaskResult): void {
  const stored = (name: string) => {
    job.files.set(name, attempt.key(name));
  };
  switch (result.kind) {
    case 'encode-video':
      job.video.push(result);
      return;
    case 'encode-audio':
      job.audio.push(result);
      return;
    case 'poster':
      job.poster = result;
      stored(result.name);
      return;
    case 'subtitles':
      job.subtitles.push(result);
      for (const { name } of result.files) stored(name);
      return;
    case 'storyboard':
      job.storyboard = result;
      for (const { name } of result.files) stored(name);
      return;
    case 'measure-quality':
      job.quality.push(result);
      return;
    case 'assemble':
      job.mp4.push({ name: result.name.replace(/\.mp4$/, ''), key: attempt.key(result.name), result });
      stored(result.name);
      return;
    case 'fetch':
    case 'analyze':
    case 'publish':
      return;
    default:
      result satisfies never;
  }
}

function take(job: FinishedJob, attempt: Awaited<ReturnType<typeof fakeAttempt>>): void {
  for (const init of attempt.inits) {
    const initKey = attempt.key(init.name);
    if (!job.tracks.has(init.track)) job.tracks.set(init.track, { init, initKey, segments: new Map() });
  }
  for (const { track, number, name, length, sizeBytes, keyBytes } of attempt.segments) {
    job.tracks.get(track)?.segments.set(number, { key: attempt.key(name), length, sizeBytes, keyBytes });
  }
}

function trackInputs(job: FinishedJob, track: string, only: number | null): [string, string][] {
  const found = job.tracks.get(track);
  if (!found) throw new Error(`no track ${track}`);
  const segments = [...found.segments]
    .filter(([number]) => only === null || number === only)
    .sort(([a], [b]) => a - b);
  return [
    [initName(track), found.initKey],
    ...segments.map(([number, { key }]): [string, string] => [`${track}/${number}.m4s`, key]),
  ];
}
