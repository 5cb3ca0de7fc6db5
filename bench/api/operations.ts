import { fromBinary } from '@bufbuild/protobuf';
import {
  ClaimTasksResponseSchema,
  SignUrlsResponseSchema,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { Stack } from '../../deploy/local/stack.ts';
import { countCommands } from './count-commands.ts';
import { countStatements } from './count-statements.ts';
import type { Exchange } from './forwarder.ts';

/** What a stretch of work asked of the outside systems. */
export interface Operations {
  sql_statements: number;
  redis_commands: number;
  /** Calls to the queue's API by the bridge, and nudges sent to it. */
  queue_pulls: number;
  queue_acks: number;
  nudges: number;
  /** Requests of bridges and workers to the edge. */
  fleet_calls: number;
  storage_puts: number;
  storage_gets: number;
  presigned_urls: number;
}

/** Counts what the forwarders see. */
export interface Traffic {
  queue(exchange: Exchange): void;
  fleet(exchange: Exchange): void;
  storage(exchange: Exchange): void;
  seen(): Omit<Operations, 'sql_statements' | 'redis_commands'>;
}

export function watchTraffic(): Traffic {
  const count = {
    queue_pulls: 0,
    queue_acks: 0,
    nudges: 0,
    fleet_calls: 0,
    storage_puts: 0,
    storage_gets: 0,
    presigned_urls: 0,
  };
  return {
    queue({ path, answer }) {
      if (path.endsWith('/messages/pull')) {
        count.queue_pulls += 1;
        count.nudges += answer.toString('utf8').match(/"lease_id"/g)?.length ?? 0;
      }
      if (path.endsWith('/messages/ack')) count.queue_acks += 1;
    },
    fleet({ path, status, answer }) {
      count.fleet_calls += 1;
      if (status === 200) count.presigned_urls += presignedIn(path, answer);
    },
    storage({ method }) {
      if (method === 'PUT' || method === 'POST') count.storage_puts += 1;
      if (method === 'GET' || method === 'HEAD') count.storage_gets += 1;
    },
    seen: () => ({ ...count }),
  };
}

function presignedIn(path: string, answer: Buffer): number {
  if (path.endsWith('/ClaimTasks')) {
    const { assignments } = fromBinary(ClaimTasksResponseSchema, answer);
    return assignments.reduce((sum, { inputs, outputs }) => sum + inputs.length + outputs.length, 0);
  }
  if (path.endsWith('/SignUrls')) {
    const { inputs, outputs } = fromBinary(SignUrlsResponseSchema, answer);
    return inputs.length + outputs.length;
  }
  return 0;
}

/** What the work asked for, until it has come to its end. */
export async function countOperations(
  stack: Stack,
  traffic: Traffic,
  work: () => Promise<unknown>,
): Promise<Operations> {
  const statements = await countStatements(stack.databaseUrl, stack.postgres.logFile);
  const commands = await countCommands(stack.redisUrl);
  try {
    const before = traffic.seen();
    await work();
    const after = traffic.seen();
    return {
      sql_statements: await statements.count(),
      redis_commands: commands.count(),
      queue_pulls: after.queue_pulls - before.queue_pulls,
      queue_acks: after.queue_acks - before.queue_acks,
      nudges: after.nudges - before.nudges,
      fleet_calls: after.fleet_calls - before.fleet_calls,
      storage_puts: after.storage_puts - before.storage_puts,
      storage_gets: after.storage_gets - before.storage_gets,
      presigned_urls: after.presigned_urls - before.presigned_urls,
    };
  } finally {
    commands.stop();
    await statements.stop();
  }
}
