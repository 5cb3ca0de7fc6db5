import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from '@millrace/shared/rpc/gen/health/v1/health_pb.js';
import type { EdgeHealth } from './edge-health.ts';
import { stoppingError } from './forward.ts';

export interface HealthDeps {
  edge: EdgeHealth;
  /** What may be asked for besides the server as a whole, which is the empty name. */
  services: readonly string[];
  stopping: AbortSignal;
}

/** The standard health service. We serve while the control plane behind us answers. */
export function serveHealth(router: ConnectRouter, { edge, services, stopping }: HealthDeps): void {
  const known = new Set(['', ...services]);
  const status = () => (edge.answers() ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);

  router.service(Health, {
    check({ service }) {
      if (!known.has(service)) throw new ConnectError(`there is no service ${service}`, Code.NotFound);
      return { status: status() };
    },
    list: () => ({
      statuses: Object.fromEntries([...known].map((service) => [service, { status: status() }])),
    }),
    async *watch({ service }, { signal }) {
      const ended = AbortSignal.any([signal, stopping]);
      let told: ServingStatus | null = null;
      while (!ended.aborted) {
        const now = known.has(service) ? status() : ServingStatus.SERVICE_UNKNOWN;
        if (now !== told) yield { status: now };
        told = now;
        if (status() === now || !known.has(service)) await edge.changed.wait(null, ended);
      }
      if (stopping.aborted) throw stoppingError();
    },
  });
}
