import { timingSafeEqual } from 'node:crypto';
import { fastifyConnectPlugin } from '@connectrpc/connect-fastify';
import { FleetService } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { FastifyInstance } from 'fastify';
import type { FleetClient } from '../fleet/fleet-client.ts';
import { fleetTokens } from '../fleet/fleet-tokens.ts';

/** Serves FleetService to whoever carries one of the fleet's tokens. */
export async function serveFleet(
  server: FastifyInstance,
  fleet: FleetClient,
  fleetToken: string,
): Promise<void> {
  const accepted = fleetTokens(fleetToken).map((token) => Buffer.from(`Bearer ${token}`));
  await server.register(async (scope) => {
    scope.addHook('onRequest', async (request, reply) => {
      const given = Buffer.from(request.headers.authorization ?? '');
      if (accepted.some((token) => given.length === token.length && timingSafeEqual(given, token))) return;
      await reply.code(401).send({ code: 'unauthenticated', message: 'the fleet token is missing or wrong' });
    });
    await scope.register(fastifyConnectPlugin, {
      grpc: false,
      grpcWeb: false,
      routes: (router) => {
        router.service(FleetService, {
          claimTasks: (request, context) => fleet.claimTasks(request, { signal: context.signal }),
          report: (request, context) => fleet.report(request, { signal: context.signal }),
          signUrls: (request, context) => fleet.signUrls(request, { signal: context.signal }),
        });
      },
    });
  });
}
