import path from 'node:path';
import { type Child, startChild } from '@millrace/local/child-process.ts';
import { ACCOUNT_ID, QUEUE_ID } from '@millrace/local/queue/queues.ts';
import { answers } from '@millrace/local/stack/answers.ts';

const program = path.join(import.meta.dirname, '../main.ts');

/** The program of the edge's image as a process of this machine. Ready when `/health` answers. */
export async function startEdgeOnWorkerd(options: {
  port: number;
  graphqlPort: number;
  /** What `buildEdgeBundle` made. */
  bundleDir: string;
  /** The Worker's, and any of the program's own. */
  variables: Readonly<Record<string, string>>;
  queue: { url: string; token: string };
  logFile: string;
}): Promise<Child & { url: string; graphqlUrl: string }> {
  const url = `http://127.0.0.1:${options.port}`;
  const child = await startChild({
    name: 'edge',
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', program, 'edge'],
    env: {
      ENVIRONMENT: 'local',
      HOST: '127.0.0.1',
      PORT: String(options.port),
      GRAPHQL_PORT: String(options.graphqlPort),
      EDGE_BUNDLE_DIR: options.bundleDir,
      QUEUE_API_URL: options.queue.url,
      QUEUE_API_TOKEN: options.queue.token,
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT_ID,
      QUEUE_ID,
      ...options.variables,
    },
    logFile: options.logFile,
    isReady: () => answers(`${url}/health`),
    stopTimeoutMs: 30_000,
  });
  return { ...child, url, graphqlUrl: `http://127.0.0.1:${options.graphqlPort}` };
}
