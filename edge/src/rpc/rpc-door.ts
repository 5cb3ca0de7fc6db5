import { Code, createConnectRouter, createContextValues } from '@connectrpc/connect';
import {
  universalServerRequestFromFetch,
  universalServerResponseToFetch,
} from '@connectrpc/connect/protocol';
import { FleetService } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import type { Context } from '../context.ts';
import { countCall } from '../metrics/call-metrics.ts';
import { countRequest } from '../metrics/request-metrics.ts';
import { sameSecret } from '../secrets.ts';
import { noteOutcomes, type OutcomeNote, outcomeNote, outcomeOf, refusal } from './call-outcome.ts';
import { fleetService } from './fleet-service.ts';

const PREFIX = `/${FleetService.typeName}/`;
const PATHS = new Set(FleetService.methods.map(({ name }) => `${PREFIX}${name}`));

/**
 * Answers Connect calls of the fleet; null for any other path.
 *
 * @param count Given what each of them adds to the counters.
 */
export async function answerRpc(
  request: Request,
  ctx: Context,
  count: (increments: [string, number][]) => void = () => {},
): Promise<Response | null> {
  const { pathname } = new URL(request.url);
  if (!pathname.startsWith(PREFIX)) return null;
  const startedAt = ctx.now();
  const note: OutcomeNote = { outcome: null };
  const response = await answer(request, pathname, ctx, note);
  const endpoint = PATHS.has(pathname) ? pathname : 'none';
  const call = endpoint === 'none' ? null : outcomeOf(note, response.status);
  const { method } = request;
  const seconds = (ctx.now() - startedAt) / 1000;
  count([
    ...countRequest({ method, endpoint, status: call?.status ?? response.status, seconds }),
    ...(call ? countCall({ method: endpoint, code: call.code }) : []),
  ]);
  return response;
}

async function answer(
  request: Request,
  pathname: string,
  ctx: Context,
  note: OutcomeNote,
): Promise<Response> {
  const given = request.headers.get('authorization') ?? '';
  const { fleetToken, earlierFleetTokens } = ctx.config;
  const accepted = [fleetToken, ...earlierFleetTokens].map((token) => sameSecret(given, `Bearer ${token}`));
  if (!(await Promise.all(accepted)).includes(true)) {
    note.outcome = refusal(Code.Unauthenticated);
    return Response.json(
      { code: 'unauthenticated', message: 'the fleet token is missing or wrong' },
      { status: 401 },
    );
  }
  const router = createConnectRouter({
    grpc: false,
    grpcWeb: false,
    interceptors: [noteOutcomes],
  }).service(FleetService, fleetService(ctx));
  const handler = router.handlers.find((candidate) => candidate.requestPath === pathname);
  if (!handler) return Response.json({ code: 'unimplemented', message: `no ${pathname}` }, { status: 404 });
  const contextValues = createContextValues().set(outcomeNote, note);
  return universalServerResponseToFetch(
    await handler({ ...universalServerRequestFromFetch(request, {}), contextValues }),
  );
}
