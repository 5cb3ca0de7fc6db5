import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import packageJson from '../package.json' with { type: 'json' };

export type Role = 'bridge' | 'worker' | 'grpc';

/** A process's own set of metrics, with those of Node itself. */
export function createRegistry(role: Role): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  buildInfo(registry).set({ role, version: packageJson.version }, 1);
  return registry;
}

/** The same name in every role, and at the edge. */
export function buildInfo(registry: Registry): Gauge<'role' | 'version'> {
  return new Gauge({
    name: 'millrace_build_info',
    help: 'Always 1: which version runs.',
    labelNames: ['role', 'version'],
    registers: [registry],
  });
}
