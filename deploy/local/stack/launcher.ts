import type { StackEvent } from '../stack.ts';
import { createService, type Service, type ServiceOptions } from './service.ts';
import type { Teardown } from './teardown.ts';

/** What uses what: a tier stops before the ones below it. */
export type Tier = 'data' | 'proxies' | 'control-plane' | 'bridge' | 'workers';
const tiers: readonly Tier[] = ['data', 'proxies', 'control-plane', 'bridge', 'workers'];

export interface Launcher {
  /** Starts a service and waits until it is ready; tells about it; has it stopped in the end. */
  launch(tier: Tier, service: Omit<ServiceOptions, 'onEvent'>): Promise<Service>;
  /** Has something stopped in the end that is no process. */
  adopt<T extends { stop(): Promise<void> }>(tier: Tier, starting: Promise<T>): Promise<T>;
}

export function createLauncher(options: {
  teardown: Teardown;
  onEvent: (event: StackEvent) => void;
  /** Aborted: nothing more is launched. */
  signal?: AbortSignal | undefined;
}): Launcher {
  const { teardown, onEvent, signal } = options;
  return {
    async launch(tier, serviceOptions) {
      signal?.throwIfAborted();
      const service = createService({ ...serviceOptions, onEvent });
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
