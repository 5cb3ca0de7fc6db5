/** What has been started and must be stopped, in tiers: a higher tier uses the lower ones and stops first. */
export interface Teardown {
  add(tier: number, stop: () => Promise<void>): void;
  /** Stops everything, whatever fails on the way. Throws afterwards what failed. */
  run(): Promise<void>;
}

export function createTeardown(): Teardown {
  const tiers = new Map<number, Array<() => Promise<void>>>();
  return {
    add(tier, stop) {
      tiers.set(tier, [...(tiers.get(tier) ?? []), stop]);
    },
    async run() {
      const failures: unknown[] = [];
      const order = [...tiers.entries()].sort(([a], [b]) => b - a);
      tiers.clear();
      for (const [, stops] of order) {
        const results = await Promise.allSettled(stops.map((stop) => stop()));
        failures.push(...results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])));
      }
      if (failures.length > 0) throw new AggregateError(failures, 'not everything could be stopped');
    },
  };
}
