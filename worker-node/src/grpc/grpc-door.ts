import type { Transport } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { Health } from '@millrace/shared/rpc/gen/health/v1/health_pb.js';
import { JobService } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { OperationsService } from '@millrace/shared/rpc/gen/millrace/v1/operations_pb.js';
import type { Clock } from '../clock/clock.ts';
import type { EdgeHealth } from './edge-health.ts';
import { forwardService } from './forward.ts';
import type { GrpcMetrics } from './grpc-metrics.ts';
import type { Http2Handler } from './grpc-server.ts';
import { serveHealth } from './health-service.ts';
import { serveReflection } from './reflection-service.ts';
import { watchCalls } from './watch-calls.ts';

/** gRPC's own default. */
const MAX_REQUEST_BYTES = 4 * 1024 ** 2;
const MAX_OPEN_CALLS = 2_048;

export interface GrpcDoorDeps {
  clock: Clock;
  edge: Transport;
  edgeHealth: EdgeHealth;
  metrics: GrpcMetrics;
  /** Streams end when it is aborted. */
  stopping: AbortSignal;
}

/** What clients call of the control plane. */
const FORWARDED = [JobService, OperationsService];

/** What gRPC clients can call here: the services of the control plane, health and reflection. */
export function createGrpcDoor({ clock, edge, edgeHealth, metrics, stopping }: GrpcDoorDeps): Http2Handler {
  return connectNodeAdapter({
    connect: false,
    grpcWeb: false,
    readMaxBytes: MAX_REQUEST_BYTES,
    interceptors: [watchCalls(clock, metrics, MAX_OPEN_CALLS)],
    routes(router) {
      for (const service of FORWARDED) forwardService(router, service, { edge, stopping });
      const services = FORWARDED.map(({ typeName }) => typeName);
      serveHealth(router, { edge: edgeHealth, services, stopping });
      serveReflection(router, [...FORWARDED.map(({ file }) => file), Health.file]);
    },
  });
}
