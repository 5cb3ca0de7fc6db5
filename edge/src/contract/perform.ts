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
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const { authorization, ...others } = { ...asOperator, ...type, ...headers };
  return {
    method: operation.method,
    path: fillPath(operation, params, query),
    headers: { ...others, ...(authorization ? { authorization } : {}) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  };
}
