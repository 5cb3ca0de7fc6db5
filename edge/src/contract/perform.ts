import { asOperator } from '../testing/closed-installation.ts';
import type { Ask } from './cases/case.ts';
import { fillPath, type Operation } from './operations.ts';
import { type Answer, type Sent, send } from './send.ts';
import type { World } from './world.ts';

/** Sends a request of an operation, as the operator unless it says otherwise. */
export function perform(world: World, operation: Operation, ask: Ask): Promise<Answer> {
  return send(ask.ctx ?? world.ctx, requestOf(operation, ask));
}

export function requestOf(operation: Operation, { params = {}, query = {}, body, headers = {} }: Ask): Sent {
  const path = fillPath(operation, params, query);
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  return {
    method: operation.method,
    path,
    headers: { ...asOperator, ...type, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  };
}
