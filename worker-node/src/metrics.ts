import { collectDefaultMetrics, Registry } from 'prom-client';

/** A process's own set of metrics, with those of Node itself. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
