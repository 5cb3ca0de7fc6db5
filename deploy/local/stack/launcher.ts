import path from 'node:path';
import type { StackEvent } from '../stack.ts';
import { createService, type Service, type ServiceOptions } from './service.ts';
import type { Teardown } from './teardown.ts';

/** What uses what: a tier stops before the ones to its left. */
const tiers = ['data', 'proxies', 'control-plane', 'gateways', 'bridge', 'workers'] as const;
export type Tier = (typeof tiers)[number];

export interface Launcher {
  /** Starts a service and waits until it is ready; tells about it; has it stopped in the end. */
  launch(tier: Tier, service: Omit<ServiceOptions, 'logFile' | 'onEvent'>): Promise<Service>;
  /** Has something stopped in the end that runs inside our own process. */
  adopt<T extends { stop(): Promise<void> }>(tier: Tier, starting: Promise<T>): Promise<T>;
}

export function createLauncher(options: {
  logsDir: string;
  teardown: Teardown;
  onEvent: (event: StackEvent) => void;
  /** Aborted: nothing more is launched. */
  signal: AbortSignal | undefined;
}): Launcher {
  const { logsDir, teardown, onEvent, signal } = options;
  return {
    async launch(tier, serviceOptions) {
      signal?.throwIfAborted();
      const logFile = path.join(logsDir, `${serviceOptions.name}.log`);
      const service = createService({ ...serviceOptions, logFile, onEvent });
      teardown.add(tiers.indexOf(tier), service.stop);
      await service.start();
      onEvent({ type: 'up', service });
      return service;
    },
    async adopt(tier, starting) {
      const started = await starting;
      teardown.add(tiers.indexOf(tier), () => started.stop());
      return started;
    },
  };
}
