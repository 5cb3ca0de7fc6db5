import { z } from 'zod';
import { refuseDefaultSecrets } from '../program/default-secrets.ts';
import { commonVariables, type Environment, port, readEnvironment } from '../program/read-environment.ts';

const schema = z.object({
  ...commonVariables,
  PORT: port.default(8090),
  /** What callers must bear. */
  QUEUE_API_TOKEN: z.string().min(16),
  /** What is in the queue; on a volume. */
  DATA_DIR: z.string().default('/data'),
  /** What `build.ts` made. */
  QUEUE_BUNDLE: z.string().default('/app/queue-bundle/worker.js'),
});

/** What the program reads. */
export const queueVariables: readonly string[] = Object.keys(schema.shape);

export type QueueConfig = z.output<typeof schema>;

export function readQueueConfig(env: Environment): QueueConfig {
  const config = readEnvironment(schema, env);
  refuseDefaultSecrets({ ...env, ENVIRONMENT: config.ENVIRONMENT });
  return config;
}
