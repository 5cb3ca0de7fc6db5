import { createClient, type Interceptor } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { FleetService } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { FleetClient } from './fleet-client.ts';

/** FleetService over HTTP/1.1. Time limits are the caller's, by signal. */
export function createConnectFleetClient(baseUrl: string, fleetToken: string): FleetClient {
  return createClient(
    FleetService,
    createConnectTransport({ baseUrl, httpVersion: '1.1', interceptors: [bearer(fleetToken)] }),
  );
}

function bearer(token: string): Interceptor {
  return (next) => (request) => {
    request.header.set('authorization', `Bearer ${token}`);
    return next(request);
  };
}
