import type {
  ClaimTasksRequest,
  ClaimTasksResponse,
  ReportRequest,
  ReportResponse,
  SignUrlsRequest,
  SignUrlsResponse,
} from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';

export interface CallOptions {
  signal?: AbortSignal;
}

/**
 * FleetService as its callers see it: a bridge calls the edge through one, a worker its bridge.
 * Calls reject with `ConnectError`.
 */
export interface FleetClient {
  claimTasks(request: ClaimTasksRequest, options?: CallOptions): Promise<ClaimTasksResponse>;
  report(request: ReportRequest, options?: CallOptions): Promise<ReportResponse>;
  signUrls(request: SignUrlsRequest, options?: CallOptions): Promise<SignUrlsResponse>;
}
