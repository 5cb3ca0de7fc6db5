import type { DescService } from '@bufbuild/protobuf';
import { type Client, createClient, type Interceptor, type Transport } from '@connectrpc/connect';
import {
  readAllBytes,
  type UniversalClientFn,
  universalClientResponseFromFetch,
} from '@connectrpc/connect/protocol';
import { createTransport as createConnect } from '@connectrpc/connect/protocol-connect';
import { createTransport as createGrpcWeb } from '@connectrpc/connect/protocol-grpc-web';
import { JobService } from '@millrace/shared/rpc/gen/millrace/v1/jobs_pb.js';
import { ORIGIN, type RestClient } from './rest-client.ts';

const MAX_BYTES = 2 ** 24;

export const RPC_PROTOCOLS = ['Connect', 'Connect in JSON', 'gRPC-Web'] as const;
export type RpcProtocol = (typeof RPC_PROTOCOLS)[number];

/** JobService as clients of a protocol see it, with these headers on every call. */
export function rpcClient(
  { fetch }: Pick<RestClient, 'fetch'>,
  protocol: RpcProtocol = 'Connect',
  headers: Record<string, string> = {},
): Client<typeof JobService> {
  return clientOf(JobService, { fetch }, protocol, headers);
}

/** The same for another service. */
export function clientOf<T extends DescService>(
  service: T,
  { fetch }: Pick<RestClient, 'fetch'>,
  protocol: RpcProtocol = 'Connect',
  headers: Record<string, string> = {},
): Client<T> {
  return createClient(service, transportOf(protocol, fetch, headers));
}

function transportOf(
  protocol: RpcProtocol,
  fetch: RestClient['fetch'],
  headers: Record<string, string>,
): Transport {
  const options = {
    baseUrl: ORIGIN,
    httpClient: overFetch(fetch),
    useBinaryFormat: protocol !== 'Connect in JSON',
    interceptors: [withHeaders(headers)],
    acceptCompression: [],
    sendCompression: null,
    compressMinBytes: 0,
    readMaxBytes: MAX_BYTES,
    writeMaxBytes: MAX_BYTES,
  };
  return protocol === 'gRPC-Web' ? createGrpcWeb(options) : createConnect(options);
}

function withHeaders(headers: Record<string, string>): Interceptor {
  return (next) => (request) => {
    for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
    return next(request);
  };
}

/** Sends requests as a whole, as browsers do. */
function overFetch(fetch: RestClient['fetch']): UniversalClientFn {
  return async ({ url, method, header, body, signal }) => {
    const bytes = body ? { body: new Uint8Array(await readAllBytes(body, MAX_BYTES)) } : {};
    const request = new Request(url, { method, headers: header, ...(signal ? { signal } : {}), ...bytes });
    return universalClientResponseFromFetch(await fetch(request));
  };
}
