import type { JobPlan } from '@millrace/shared/media/plan.ts';
import type { Context } from '../context.ts';
import { files, jobs, segments, tasks, tracks } from '../db/schema.ts';
import { mediaInfoOf } from './media-info.ts';

/** Eight seconds at 25 frames a second, with sound. */
export const PLAN: JobPlan = {
  frameRate: { num: 25, den: 1 },
  gopFrames: 50,
  totalFrames: 200,
  renditions: [
    {
      ...{ name: '720p', codec: 'h264', width: 1280, height: 720, crf: 23, bitrateKbps: null },
      ...{ maxBitrateKbps: 3_800, frameStep: 1 },
    },
    {
      ...{ name: '480p', codec: 'h264', width: 854, height: 480, crf: 23, bitrateKbps: null },
      ...{ maxBitrateKbps: 1_800, frameStep: 1 },
    },
  ],
  audio: [
    {
      ...{ track: 'audio-0', group: 'stereo', codec: 'aac', sampleRate: 48_000, channels: 2 },
      ...{ bitrateKbps: 128, language: null, title: null, isDefault: true },
    },
  ],
  subtitles: [],
  closedCaptions: false,
  packaging: ['hls', 'mp4'],
};

const PROFILE = { renditions: [{ height: 720, crf: 23 }] };

/** A job as a row, planned and processing unless told otherwise. */
export async function seedJob(ctx: Context, row: Partial<typeof jobs.$inferInsert> = {}): Promise<string> {
  const id = row.id ?? ctx.random.uuid();
  await ctx.db.insert(jobs).values({
    projectId: 'default',
    status: 'processing',
    profileInput: 'default',
    profile: PROFILE,
    metadata: {},
    sourceKey: 'uploads/default/x/clip.mp4',
    sourceEtag: '"e"',
    sourceSizeBytes: 1_000,
    mediaInfo: mediaInfoOf({ seconds: 8 }),
    plan: PLAN,
    tasksLeft: 1,
    startedAt: new Date(),
    ...row,
    id,
  });
  return id;
}

export async function seedTask(
  ctx: Context,
  jobId: string,
  row: Partial<typeof tasks.$inferInsert> = {},
): Promise<string> {
  const id = row.id ?? ctx.random.uuid();
  await ctx.db.insert(tasks).values({
    projectId: 'default',
    kind: 'encode-video',
    state: 'running',
    spec: {},
    rank: 0,
    needs: [],
    unlocks: [],
    depsLeft: 0,
    workTotal: 100,
    ...row,
    jobId,
    id,
  });
  return id;
}

/** A track with these segments stored. The objects hold their own names. */
export async function seedTrack(
  ctx: Context,
  jobId: string,
  name: string,
  options: { numbers: number[]; unitsPerSegment?: number },
): Promise<void> {
  const folder = `objects/default/${jobId}/1/${name}`;
  await ctx.storage.putOnce(`${folder}/init.mp4`, `init of ${name}`, 'video/mp4');
  await ctx.db.insert(tracks).values({
    jobId,
    name,
    initKey: `${folder}/init.mp4`,
    initSha256: '00',
    initSizeBytes: 10,
    codecs: name.startsWith('audio') ? 'mp4a.40.2' : 'avc1.64001f',
    width: 0,
    height: 0,
  });
  for (const number of options.numbers) {
    const key = `${folder}/${String(number).padStart(5, '0')}.m4s`;
    await ctx.storage.putOnce(key, `segment ${number} of ${name}`, 'video/mp4');
    await ctx.db.insert(segments).values({
      jobId,
      track: name,
      number,
      taskId: jobId,
      attempt: 1,
      objectKey: key,
      sizeBytes: 10,
      length: options.unitsPerSegment ?? 100,
    });
  }
}

/** A file that a task of the job stored. */
export async function seedFile(
  ctx: Context,
  jobId: string,
  name: string,
  { text = name, key = `objects/default/${jobId}/1/${name}` }: { text?: string; key?: string } = {},
): Promise<string> {
  await ctx.storage.putOnce(key, text, 'application/octet-stream');
  await ctx.db
    .insert(files)
    .values({ jobId, name, taskId: jobId, objectKey: key, sizeBytes: Math.max(1, text.length) });
  return key;
}
