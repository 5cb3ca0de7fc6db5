import { FleetService } from '@millrace/shared/rpc/gen/millrace/v1/fleet_pb.js';
import { type Bindings, buildContext, newIsolateMemory } from './build-context.ts';
import { maintain } from './dispatch/maintain.ts';
import { internalProblem } from './rest/problem.ts';
import { createRest } from './rest/rest.ts';
import { answerRpc } from './rpc/rpc-door.ts';

const memory = newIsolateMemory();
const rest = createRest();

export default {
  async fetch(request, env, execution) {
    try {
      const built = buildContext(env, memory, (work) => execution.waitUntil(work));
      if (mayWrite(request)) execution.waitUntil(built.context.quiet.stir());
      const { context, counters } = built;
      const answer = await answerRpc(request, context, (increments) =>
        execution.waitUntil(counters.add(increments, 'later')),
      );
      return answer ?? (await rest.fetch(request, built, execution));
    } catch (error) {
      return internalProblem(error);
    }
  },

  /** The backstop: bridges ask for the same with every heartbeat. */
  async scheduled(_controller, env, execution) {
    const { context } = buildContext(env, memory, (work) => execution.waitUntil(work));
    if (!(await context.quiet.isQuiet())) await maintain(context);
  },
} satisfies ExportedHandler<Bindings>;

/** The fleet's door stirs by itself: bridges call all the time, mostly with nothing to say. */
function mayWrite(request: Request): boolean {
  const isRead = ['GET', 'HEAD', 'OPTIONS'].includes(request.method);
  return !isRead && !new URL(request.url).pathname.startsWith(`/${FleetService.typeName}/`);
}
