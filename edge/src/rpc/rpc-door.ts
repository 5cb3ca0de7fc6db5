import { createConnectRouter } from '@connectrpc/connect';
import { createFetchHandler } from '@connectrpc/connect/protocol';
import { FleetService } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { Context } from '../context.ts';
import { sameSecret } from '../secrets.ts';
import { fleetService } from './fleet-service.ts';

/** Answers Connect calls of the fleet; null for any other path. */
export async function answerRpc(request: Request, ctx: Context): Promise<Response | null> {
  const { pathname } = new URL(request.url);
  if (!pathname.startsWith(`/${FleetService.typeName}/`)) return null;
  const given = request.headers.get('authorization') ?? '';
  const { fleetToken, earlierFleetTokens } = ctx.config;
  const accepted = [fleetToken, ...earlierFleetTokens].map((token) => sameSecret(given, `Bearer ${token}`));
  if (!(await Promise.all(accepted)).includes(true)) {
    return Response.json(
      { code: 'unauthenticated', message: 'the fleet token is missing or wrong' },
      { status: 401 },
    );
  }
  const router = createConnectRouter({ grpc: false, grpcWeb: false }).service(
    FleetService,
    fleetService(ctx),
  );
  const handler = router.handlers.find((candidate) => candidate.requestPath === pathname);
  if (!handler) return Response.json({ code: 'unimplemented', message: `no ${pathname}` }, { status: 404 });
  return createFetchHandler(handler)(request);
}
