import { JOB_STATUSES } from '@millrace/shared/job/job-state.ts';
import type { JobView } from '../jobs/view-job.ts';
import { builder } from './builder.ts';
import { failure } from './failure-type.ts';
import { jobEvent } from './job-event-type.ts';
import { requireEventWindow } from './page-limits.ts';
import { rendition } from './rendition-type.ts';
import { source } from './source-type.ts';
import { task } from './task-type.ts';
import { audioTrack, skippedStream, subtitleTrack } from './track-types.ts';

export const jobStatus = builder.enumType('JobStatus', {
  description: 'The last three are final.',
  values: JOB_STATUSES,
});

const taskCounts = builder.objectRef<JobView['tasks']>('TaskCounts').implement({
  description: 'The work of a job, in tasks.',
  fields: (t) => ({
    total: t.exposeInt('total', { description: 'Pieces of work.' }),
    done: t.exposeInt('done', { description: 'Finished.' }),
    running: t.exposeInt('running', { description: 'In the hands of a worker now.' }),
    reused: t.exposeInt('reused', { description: 'Taken over from an earlier job, and never run.' }),
  }),
});

export const job = builder.objectRef<JobView>('Job').implement({
  description: 'One source, one profile, one set of outputs.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Names the job.' }),
    status: t.expose('status', { type: jobStatus, description: 'How it stands.' }),
    progress: t.exposeFloat('progress', { description: '0 to 1. Never falls; 1 only when completed.' }),
    etaSeconds: t.exposeInt('etaSeconds', {
      nullable: true,
      description: 'Until completion, at the rate so far; null when unknown.',
    }),
    inputKey: t.exposeString('inputKey', {
      nullable: true,
      description: 'The source object; null until one that is fetched has arrived.',
    }),
    inputUrl: t.exposeString('inputUrl', {
      nullable: true,
      description: 'Where the source is fetched from.',
    }),
    profile: t.expose('profile', { type: 'JSON', description: 'What is made, spelled out.' }),
    source: t.expose('source', {
      type: source,
      nullable: true,
      description: 'What the source is; null until it was analyzed.',
    }),
    skipped: t.expose('skipped', {
      type: [skippedStream],
      description: 'Streams of the source that nothing is made of.',
    }),
    renditions: t.expose('renditions', {
      type: [rendition],
      description: 'The video that was made: of each codec, largest first.',
    }),
    audio: t.expose('audio', {
      type: [audioTrack],
      description: 'The audio tracks that were made, the default one first.',
    }),
    subtitles: t.expose('subtitles', {
      type: [subtitleTrack],
      description: 'The subtitle tracks that were made.',
    }),
    hlsKey: t.exposeString('hlsKey', { nullable: true, description: 'The HLS multivariant playlist.' }),
    hlsUrl: t.exposeString('hlsUrl', {
      nullable: true,
      description: 'Plays the job from the private bucket, while it runs too; signed, expires.',
    }),
    dashKey: t.exposeString('dashKey', { nullable: true, description: 'The DASH manifest.' }),
    dashUrl: t.exposeString('dashUrl', {
      nullable: true,
      description: 'Plays the completed job over DASH; signed, expires.',
    }),
    posterKey: t.exposeString('posterKey', { nullable: true, description: 'A picture of the film.' }),
    posterUrl: t.exposeString('posterUrl', {
      nullable: true,
      description: 'Shows the picture; signed, expires.',
    }),
    storyboardKey: t.exposeString('storyboardKey', {
      nullable: true,
      description: 'WebVTT index of small pictures of the film, for seek bars.',
    }),
    storyboardUrl: t.exposeString('storyboardUrl', {
      nullable: true,
      description: 'The index, beside its pictures; signed, expires.',
    }),
    tasks: t.expose('tasks', { type: taskCounts, description: 'Its work, counted.' }),
    taskList: t.field({
      type: [task],
      description: 'The tasks themselves, in the order they are taken up.',
      complexity: { field: 5, multiplier: 20 },
      resolve: ({ id }, _args, { loaders }) => loaders.tasks.load(id),
    }),
    events: t.field({
      type: [jobEvent],
      description: 'What happened, oldest first.',
      args: {
        after: t.arg.int({ defaultValue: 0, description: 'Only events with a greater number.' }),
        limit: t.arg.int({ defaultValue: 20, description: 'At most this many, up to 100.' }),
      },
      complexity: ({ limit }) => ({ field: 5, multiplier: limit ?? 20 }),
      resolve: ({ id }, args, { loaders }) => loaders.events.load({ jobId: id, ...requireEventWindow(args) }),
    }),
    error: t.expose('error', { type: failure, nullable: true, description: 'Why it failed.' }),
    errorMessage: t.string({
      nullable: true,
      description: '`error.message` again.',
      resolve: ({ error }) => error?.message ?? null,
    }),
    metadata: t.expose('metadata', { type: 'JSON', description: 'What the creator of the job gave.' }),
    tags: t.exposeStringList('tags', { description: 'Words to find the job by.' }),
    priority: t.exposeInt('priority', { description: "Higher goes first among the project's jobs." }),
    notBefore: t.expose('notBefore', {
      type: 'DateTime',
      nullable: true,
      description: 'Nothing of the job starts earlier.',
    }),
    public: t.exposeBoolean('public', { description: 'Plays without a signed link.' }),
    legalHold: t.exposeBoolean('legalHold', { description: 'While true, nothing erases the job.' }),
    actor: t.exposeString('actor', { description: 'Whoever created it.' }),
    retries: t.exposeInt('retries', { description: 'How often it was taken up again.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was accepted.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its first task started.',
    }),
    playableAt: t.expose('playableAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it can be played.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it reached a final status.',
    }),
  }),
});
