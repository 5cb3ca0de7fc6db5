import { requireOperator, requireScope } from '../auth/caller.ts';
import { eraseProject } from '../erasure/erase-project.ts';
import { readErasure } from '../erasure/read-erasure.ts';
import { createProject } from '../projects/create-project.ts';
import { getProject } from '../projects/get-project.ts';
import { listProjects } from '../projects/list-projects.ts';
import { projectId as projectIdSchema } from '../projects/project-input.ts';
import { updateProject } from '../projects/update-project.ts';
import { builder } from './builder.ts';
import { erasure } from './erasure-type.ts';
import { orNull } from './or-null.ts';
import { pageArgs, pageCost, pageType, readPageArgs } from './page-type.ts';
import { projectChanges, projectInput, readProjectChanges, readProjectInput } from './project-input.ts';
import { project, projectWithUsage } from './project-type.ts';
import { readInput } from './read-input.ts';

builder.queryField('project', (t) =>
  t.field({
    type: projectWithUsage,
    nullable: true,
    description:
      "A project and what it uses; null when there is none of this id, or it is not the caller's. Needs the scope `admin`.",
    args: { id: t.arg.id({ required: true, description: 'The project.' }) },
    complexity: 5,
    resolve: (_root, { id }, { ctx, caller }) => {
      requireScope(caller, 'admin');
      return projectIdSchema.safeParse(id).success
        ? orNull(getProject(ctx, { caller, projectId: id }))
        : null;
    },
  }),
);

builder.queryField('projects', (t) =>
  t.field({
    type: pageType('ProjectPage', project),
    description: 'All projects, by id. For the operator.',
    args: pageArgs(),
    complexity: pageCost,
    resolve: async (_root, page, { ctx, caller }) => {
      requireOperator(caller);
      const found = await listProjects(ctx, { caller, ...readPageArgs(page) });
      return { nodes: found.projects, nextCursor: found.nextCursor };
    },
  }),
);

builder.mutationField('createProject', (t) =>
  t.field({
    type: project,
    description: 'Makes a project without limits. For the operator.',
    args: { input: t.arg({ type: projectInput, required: true, description: 'The project.' }) },
    complexity: 20,
    resolve: (_root, { input }, { ctx, caller }) => {
      requireOperator(caller);
      return createProject(ctx, { caller, ...readProjectInput(input) });
    },
  }),
);

builder.mutationField('updateProject', (t) =>
  t.field({
    type: projectWithUsage,
    description: 'Changes the settings of a project. Needs the scope `admin`.',
    args: {
      id: t.arg.id({ required: true, description: 'The project.' }),
      changes: t.arg({ type: projectChanges, required: true, description: 'What is to be changed.' }),
    },
    complexity: 20,
    resolve: (_root, { id, changes }, { ctx, caller }) => {
      requireScope(caller, 'admin');
      const projectId = readInput(projectIdSchema, id, ['id']);
      return updateProject(ctx, { caller, projectId, changes: readProjectChanges(changes) });
    },
  }),
);

builder.mutationField('eraseProject', (t) =>
  t.field({
    type: erasure,
    description:
      'Lets nobody into a project any more and erases everything in it. Gives the receipt. For the operator.',
    args: { id: t.arg.id({ required: true, description: 'The project.' }) },
    complexity: 20,
    resolve: async (_root, { id }, { ctx, caller }) => {
      requireOperator(caller);
      const projectId = readInput(projectIdSchema, id, ['id']);
      const { receiptId } = await eraseProject(ctx, { projectId, actor: caller.actor });
      ctx.access.projects.delete(projectId);
      return readErasure(ctx, { caller, receiptId });
    },
  }),
);
