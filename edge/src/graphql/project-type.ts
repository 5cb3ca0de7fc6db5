import type { ProjectUsage, UsedProjectView } from '../projects/get-project.ts';
import type { ProjectView } from '../projects/project-row.ts';
import { builder } from './builder.ts';

const quotas = builder.objectRef<ProjectView['quotas']>('ProjectQuotas').implement({
  description: 'What a project may use. Null for no limit.',
  fields: (t) => ({
    concurrentTasks: t.exposeInt('concurrentTasks', {
      nullable: true,
      description: 'Tasks that may run at once.',
    }),
    minutesPerDay: t.exposeInt('minutesPerDay', {
      nullable: true,
      description: 'Minutes of source that may be analyzed from midnight to midnight UTC.',
    }),
    storedBytes: t.expose('storedBytes', {
      type: 'Long',
      nullable: true,
      description: 'Bytes of uploads that may be stored at once.',
    }),
  }),
});

const retention = builder.objectRef<ProjectView['retention']>('ProjectRetention').implement({
  description: 'How long things are kept by themselves. Null for ever.',
  fields: (t) => ({
    keepSourcesDays: t.exposeInt('keepSourcesDays', {
      nullable: true,
      description: 'Days that uploads are kept after their last job ended.',
    }),
    keepOutputsDays: t.exposeInt('keepOutputsDays', {
      nullable: true,
      description: 'Days that a job and its outputs are kept after its end.',
    }),
    keepEventsDays: t.exposeInt('keepEventsDays', {
      nullable: true,
      description: 'Days that the history of ended jobs is kept.',
    }),
    keepLogsDays: t.exposeInt('keepLogsDays', {
      nullable: true,
      description: 'Days that the log tails of ended jobs are kept.',
    }),
  }),
});

const usage = builder.objectRef<ProjectUsage>('ProjectUsage').implement({
  description: 'What a project uses.',
  fields: (t) => ({
    minutesToday: t.exposeFloat('minutesToday', {
      description: 'Minutes of source analyzed since midnight UTC.',
    }),
    jobsToday: t.exposeInt('jobsToday', { description: 'Jobs analyzed since midnight UTC.' }),
    storedBytes: t.expose('storedBytes', {
      type: 'Long',
      description: 'Bytes of uploads, those under way included.',
    }),
    runningTasks: t.exposeInt('runningTasks', { description: 'Tasks running now.' }),
  }),
});

export const project = builder.objectRef<ProjectView>('Project').implement({
  description: 'Whose jobs, uploads and keys nobody else sees.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Chosen when it was made.' }),
    name: t.exposeString('name', { description: 'For people.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    quotas: t.expose('quotas', { type: quotas, description: 'What it may use.' }),
    retention: t.expose('retention', {
      type: retention,
      description: 'How long things are kept by themselves.',
    }),
    legalHold: t.exposeBoolean('legalHold', { description: 'While true, nothing of it may be erased.' }),
    erasingSince: t.expose('erasingSince', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is being erased; null when it is not.',
    }),
  }),
});

export const projectWithUsage = builder.objectRef<UsedProjectView>('ProjectWithUsage').implement({
  description: 'A project and what it uses.',
  fields: (t) => ({
    project: t.field({ type: project, description: 'The project.', resolve: (found) => found }),
    usage: t.expose('usage', { type: usage, description: 'What it uses.' }),
  }),
});
