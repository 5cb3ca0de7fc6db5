import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'undici';
import type { Clock } from '../clock/clock.ts';
import { createSystemClock } from '../clock/system-clock.ts';
import { findPrlimit } from '../media/box.ts';
import { childEnvironment } from '../media/child-environment.ts';
import { readFfmpegBuild } from '../media/ffmpeg-build.ts';
import { readFfmpegVersion } from '../media/ffmpeg-version.ts';
import { openBlockCache } from '../transfer/block-cache.ts';
import { type Internet, internet } from '../transfer/fetch-url/internet.ts';
import { createOwnObjects } from '../transfer/own-objects.ts';
import { startSourceReader } from '../transfer/source-reader.ts';
import { readCapabilities } from '../worker/ffmpeg-capabilities.ts';
import type { Tools } from '../worker/tools.ts';

export interface TestTools {
  tools: Tools;
  /** Removed at the end. */
  scratch: string;
  counted: { downloaded: number; uploaded: number };
  close(): Promise<void>;
}

/** Real tools, as a worker process has them, in a temporary directory. */
export async function createTestTools(
  options: { blockBytes?: number; clock?: Clock; internet?: Internet } = {},
): Promise<TestTools> {
  const scratch = await mkdtemp(join(tmpdir(), 'millrace-test-'));
  const counted = { downloaded: 0, uploaded: 0 };
  const transfer = {
    http: new Agent({ keepAliveTimeout: 100 }),
    clock: options.clock ?? createSystemClock(),
    random: Math.random,
    meter: {
      downloaded: (bytes: number) => {
        counted.downloaded += bytes;
      },
      uploaded: (bytes: number) => {
        counted.uploaded += bytes;
      },
      troubled() {},
    },
  };
  const childEnv = childEnvironment(process.env);
  const cache = await openBlockCache(join(scratch, 'blocks'), 1024 ** 3);
  const sourceReader = await startSourceReader(transfer, cache, options.blockBytes);
  const tools: Tools = {
    ...transfer,
    internet: options.internet ?? internet,
    rules: { loopback: true },
    ffmpegPath: 'ffmpeg',
    ffprobePath: 'ffprobe',
    ...(await whatFfmpegIs(childEnv)),
    childEnv,
    sourceReader,
    ownObjects: createOwnObjects(cache),
  };
  return {
    tools,
    scratch,
    counted,
    async close() {
      await sourceReader.close();
      await cache.clear();
      await transfer.http.close();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

/** Asked once for each test file. */
let asked: Promise<Pick<Tools, 'ffmpegVersion' | 'ffmpegBuild' | 'capabilities' | 'prlimitPath'>> | null =
  null;

function whatFfmpegIs(childEnv: Record<string, string>) {
  asked ??= Promise.all([
    readFfmpegVersion('ffmpeg', childEnv),
    readFfmpegBuild('ffmpeg', childEnv),
    readCapabilities('ffmpeg', childEnv),
    findPrlimit(childEnv),
  ]).then(([ffmpegVersion, ffmpegBuild, capabilities, prlimitPath]) => ({
    ffmpegVersion,
    ffmpegBuild,
    capabilities: new Set(capabilities),
    prlimitPath,
  }));
  return asked;
}
