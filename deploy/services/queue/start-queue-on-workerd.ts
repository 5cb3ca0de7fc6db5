import path from 'node:path';
import { type Child, startChild } from '@millrace/local/child-process.ts';
import { answers } from '@millrace/local/stack/answers.ts';

const program = path.join(import.meta.dirname, '../main.ts');

/** The program of the queue's container as a process of this machine. `url` stands in for Cloudflare's API. */
export async function startQueueOnWorkerd(options: {
  port: number;
  /** What `buildQueueBundle` made. */
  bundle: string;
  dataDir: string;
  token: string;
  logFile: string;
}): Promise<Child & { url: string }> {
  const origin = `http://127.0.0.1:${options.port}`;
  const child = await startChild({
    name: 'queue',
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', program, 'queue'],
    env: {
      ENVIRONMENT: 'local',
      HOST: '127.0.0.1',
      PORT: String(options.port),
      QUEUE_BUNDLE: options.bundle,
      QUEUE_API_TOKEN: options.token,
      DATA_DIR: options.dataDir,
    },
    logFile: options.logFile,
    isReady: () => answers(`${origin}/health`),
    stopTimeoutMs: 30_000,
  });
  return { ...child, url: `${origin}/client/v4` };
}
