import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import packageJson from '../package.json' with { type: 'json' };

/**
 * How often the delay of the event loop is looked at, in milliseconds. It is part of every delay that is told. Ten times as
 * often, as prom-client has it, costs each process half a per cent of a core for nothing but waking up.
 */
export const EVENT_LOOP_LOOK_MS = 100;

export type Role = 'bridge' | 'worker' | 'grpc';

/** A process's own set of metrics, with those of Node itself. */
export function createRegistry(role: Role): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_LOOK_MS });
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
