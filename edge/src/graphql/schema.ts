import './create-jobs.ts';
import './delivery-fields.ts';
import './download-url.ts';
import './erasure-queries.ts';
import './job-connection.ts';
import './job-mutations.ts';
import './job-queries.ts';
import './job-updated.ts';
import './key-fields.ts';
import './operation-fields.ts';
import './playback-fields.ts';
import './project-fields.ts';
import './system-metrics.ts';
import './task-log.ts';
import './upload-mutations.ts';
import './upload-queries.ts';
import './user-fields.ts';
import './webhook-fields.ts';
import type { GraphQLSchema } from 'graphql';
import { builder } from './builder.ts';

/** What the files above have added to the builder. */
export function buildSchema(): GraphQLSchema {
  // As they are written here: what comes first matters most.
  return builder.toSchema({ sortSchema: false });
}
