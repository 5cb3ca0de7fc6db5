import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const LATENCY_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What the gRPC door counts. Methods and codes are closed sets. */
export type GrpcMetrics = ReturnType<typeof createGrpcMetrics>;

export function createGrpcMetrics(registry: Registry) {
  const registers = [registry];
  return {
    calls: new Counter({
      name: 'grpc_requests_total',
      help: 'Calls that have ended, streams among them.',
      labelNames: ['method', 'code'],
      registers,
    }),
    seconds: new Histogram({
      name: 'grpc_request_duration_seconds',
      help: 'How long calls take that are answered once.',
      labelNames: ['method'],
      buckets: LATENCY_BUCKETS,
      registers,
    }),
    openCalls: new Gauge({
      name: 'grpc_open_calls',
      help: 'Calls under way, open streams among them.',
      registers,
    }),
  };
}
