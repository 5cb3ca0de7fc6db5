import './create-jobs.ts';
import './job-connection.ts';
import './job-mutations.ts';
import './job-queries.ts';
import './job-updated.ts';
import './task-log.ts';
import './upload-mutations.ts';
import './webhook-fields.ts';
import type { GraphQLSchema } from 'graphql';
import { builder } from './builder.ts';

/** What the files above have added to the builder. */
export function buildSchema(): GraphQLSchema {
  return builder.toSchema();
}
