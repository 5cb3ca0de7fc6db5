import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { SPAN_CAPABILITY } from '@millrace/shared/media/audio-span.ts';
import { FETCH_CAPABILITY } from '@millrace/shared/task/first-task.ts';
import { Agent } from 'undici';
import packageJson from '../../package.json' with { type: 'json' };
import { createSystemClock } from '../clock/system-clock.ts';
import type { WorkerConfig } from '../config.ts';
import { createConnectFleetClient } from '../fleet/connect-fleet-client.ts';
import { createFailoverClient } from '../fleet/failover-client.ts';
import { fleetTokens } from '../fleet/fleet-tokens.ts';
import { createWatchedClient } from '../fleet/watched-client.ts';
import { createLogger } from '../logger.ts';
import { findPrlimit } from '../media/box.ts';
import { childEnvironment } from '../media/child-environment.ts';
import { createChildMeter } from '../media/child-meter.ts';
import { readFfmpegBuild } from '../media/ffmpeg-build.ts';
import { readFfmpegVersion } from '../media/ffmpeg-version.ts';
import { createRegistry } from '../metrics.ts';
import { closeServer } from '../server/close-server.ts';
import { createServer } from '../server/server.ts';
import { stopSignal } from '../stop-signal.ts';
import { openTracing } from '../tracing/open-tracing.ts';
import { openBlockCache } from '../transfer/block-cache.ts';
import { internet } from '../transfer/fetch-url/internet.ts';
import { createOwnObjects } from '../transfer/own-objects.ts';
import { startSourceReader } from '../transfer/source-reader.ts';
import type { TransferTrouble } from '../transfer/transfer-meter.ts';
import { readCapabilities } from './ffmpeg-capabilities.ts';
import { createTaskRunner } from './run-task.ts';
import { createScratch } from './scratch.ts';
import { createWorker } from './worker.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

/** A worker as a process. Ends after SIGTERM, when what ran has been stopped and given back. */
export async function startWorker(config: WorkerConfig): Promise<void> {
  const id = randomUUID();
  const log = createLogger('worker', config.LOG_LEVEL).child({
    worker_id: id,
    machine_id: config.MACHINE_ID,
  });
  const signal = stopSignal(log);
  const tracing = await openTracing(config, 'worker', log);
  const registry = createRegistry('worker');
  const childMeter = createChildMeter();
  const metrics = createWorkerMetrics(registry, childMeter);
  const clock = createSystemClock();
  const random = Math.random;
  const http = new Agent();
  const meter = {
    downloaded: (bytes: number) => metrics.storageBytes.inc({ direction: 'downloaded' }, bytes),
    uploaded: (bytes: number) => metrics.storageBytes.inc({ direction: 'uploaded' }, bytes),
    troubled: (trouble: TransferTrouble) => metrics.storageErrors.inc({ ...trouble }),
  };
  const childEnv = childEnvironment(process.env);
  const [encoders, ffmpegVersion, ffmpegBuild, prlimitPath] = await Promise.all([
    readCapabilities(config.FFMPEG_PATH, childEnv),
    readFfmpegVersion(config.FFMPEG_PATH, childEnv),
    readFfmpegBuild(config.FFMPEG_PATH, childEnv),
    findPrlimit(childEnv),
  ]);
  if (prlimitPath === null) log.warn('no prlimit: ffmpeg runs without limits on its CPU time and memory');

  const capabilities = [...encoders, SPAN_CAPABILITY, ...(config.FETCH_URLS ? [FETCH_CAPABILITY] : [])];

  // Workers on one machine may share SCRATCH_DIR: each keeps to a directory of its own, known again after a restart.
  const scratchDir = join(config.SCRATCH_DIR, `worker-${config.PORT}`);
  const cache = await openBlockCache(join(scratchDir, 'sources'), config.SOURCE_CACHE_BYTES);
  const sourceReader = await startSourceReader({ http, clock, random, meter }, cache);
  const connect = (url: string) => createConnectFleetClient(url, fleetTokens(config.FLEET_TOKEN)[0]);
  const [bridge, ...otherBridges] = config.BRIDGE_URL;
  const fleet = createWatchedClient(createFailoverClient([connect(bridge), ...otherBridges.map(connect)]));
  const worker = createWorker({
    clock,
    random,
    fleet,
    runTask: createTaskRunner({
      ffmpegPath: config.FFMPEG_PATH,
      ffprobePath: config.FFPROBE_PATH,
      ffmpegVersion,
      capabilities: new Set(encoders),
      ffmpegBuild,
      prlimitPath,
      childEnv,
      http,
      internet,
      rules: { loopback: config.FETCH_LOOPBACK },
      clock,
      random,
      meter,
      childMeter,
      sourceReader,
      ownObjects: createOwnObjects(cache),
    }),
    identity: {
      id,
      machineId: config.MACHINE_ID,
      slots: config.SLOTS,
      capabilities,
      version: packageJson.version,
    },
    scratch: createScratch(join(scratchDir, 'attempts')),
    log,
    metrics,
    trace: tracing.trace,
  });
  const server = createServer({
    registry,
    notReadyBecause: () =>
      signal.aborted ? 'draining' : fleet.state() === 'fails' ? 'no bridge answers' : null,
  });
  const address = await server.listen({ host: config.HOST, port: config.PORT });
  log.info(
    {
      address,
      slots: config.SLOTS,
      capabilities,
      ffmpeg_version: ffmpegVersion,
      ffmpeg_build: ffmpegBuild,
    },
    'worker is up',
  );

  await worker.run(signal);
  await closeServer(clock, server);
  await sourceReader.close();
  await cache.clear();
  await http.destroy();
  await tracing.close();
  log.info('worker has ended');
}
