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
      return (await answerRpc(request, built.context)) ?? (await rest.fetch(request, built, execution));
    } catch (error) {
      return internalProblem(error);
    }
  },

  /** The backstop: bridges ask for the same with every heartbeat. */
  async scheduled(_controller, env, execution) {
    const { context } = buildContext(env, memory, (work) => execution.waitUntil(work));
    await maintain(context);
  },
} satisfies ExportedHandler<Bindings>;
