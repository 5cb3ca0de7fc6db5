import { requireScope } from '../auth/caller.ts';
import { jobCursor, listJobs } from '../jobs/list-jobs.ts';
import type { JobView } from '../jobs/view-job.ts';
import { builder } from './builder.ts';
import { jobFilter, jobSort, NEWEST_FIRST, readJobFilter } from './job-list.ts';
import { job } from './job-type.ts';
import { DEFAULT_PAGE, requirePageSize } from './page-limits.ts';

interface PageInfo {
  hasNextPage: boolean;
  hasPreviousPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
}

interface JobEdge {
  cursor: string;
  node: JobView;
}

const pageInfo = builder.objectRef<PageInfo>('PageInfo').implement({
  description: "Where a page stands in its list, by Relay's rules.",
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether there are more.' }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      description: 'Always false: lists are read forwards.',
    }),
    startCursor: t.exposeString('startCursor', {
      nullable: true,
      description: 'Cursor of the first job of the page.',
    }),
    endCursor: t.exposeString('endCursor', { nullable: true, description: '`after` of the next page.' }),
  }),
});

const jobEdge = builder.objectRef<JobEdge>('JobEdge').implement({
  description: 'A job in its list.',
  fields: (t) => ({
    cursor: t.exposeString('cursor', { description: 'Opens the list just behind this job.' }),
    node: t.expose('node', { type: job, description: 'The job.' }),
  }),
});

const jobConnection = builder.objectRef<{ edges: JobEdge[]; pageInfo: PageInfo }>('JobConnection').implement({
  description: 'A page of jobs.',
  fields: (t) => ({
    edges: t.field({
      type: [jobEdge],
      description: 'The jobs of the page, with their cursors.',
      // The connection itself counts how many there are.
      complexity: { field: 1, multiplier: 1 },
      resolve: ({ edges }) => edges,
    }),
    nodes: t.field({
      type: [job],
      description: 'The jobs of the page.',
      complexity: { field: 1, multiplier: 1 },
      resolve: ({ edges }) => edges.map(({ node }) => node),
    }),
    pageInfo: t.expose('pageInfo', { type: pageInfo, description: 'Where the page stands in the list.' }),
  }),
});

builder.queryField('jobsConnection', (t) =>
  t.field({
    type: jobConnection,
    description: 'Jobs page by page.',
    args: {
      first: t.arg.int({ defaultValue: DEFAULT_PAGE, description: 'Jobs on a page, 1 to 100.' }),
      after: t.arg.string({ description: '`endCursor` of the page before; only for the same sort.' }),
      filter: t.arg({ type: jobFilter, description: 'What the jobs have in common.' }),
      sort: t.arg({ type: jobSort, defaultValue: NEWEST_FIRST, description: 'Which job comes first.' }),
    },
    complexity: ({ first }) => ({ field: 10, multiplier: first ?? DEFAULT_PAGE }),
    resolve: async (_root, args, { ctx, caller, origin }) => {
      requireScope(caller, 'jobs:read');
      const list = { projectId: caller.projectId, sort: args.sort ?? NEWEST_FIRST };
      const page = await listJobs(ctx, {
        ...list,
        filter: readJobFilter(args.filter),
        limit: requirePageSize('first', args.first),
        cursor: args.after ?? null,
        origin,
      });
      const edges = page.jobs.map((node) => ({ cursor: jobCursor(list, node), node }));
      return {
        edges,
        pageInfo: {
          hasNextPage: page.nextCursor !== null,
          hasPreviousPage: false,
          startCursor: edges[0]?.cursor ?? null,
          endCursor: edges.at(-1)?.cursor ?? null,
        },
      };
    },
  }),
);
