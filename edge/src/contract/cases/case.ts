import type { Context } from '../../context.ts';
import { bearer, OPERATOR_TOKEN } from '../../testing/closed-installation.ts';
import type { World } from '../world.ts';

/** A request of an operation. */
export interface Ask {
  params?: Record<string, string>;
  query?: Record<string, string>;
  /** Goes as JSON. */
  body?: unknown;
  /** On top of the operator's, who acts in the project `default`. An empty `authorization` is none. */
  headers?: Record<string, string>;
  /** In place of the world's: with something broken. */
  ctx?: Context;
}

/** Prepares what a request needs to end in one way. May be asked again and again. */
export type Case = (world: World) => Ask | Promise<Ask>;

/** By operation, and by how the request ends: the status of a success, or the code of a problem. */
export type Cases = Record<string, Record<string, Case>>;

export function asOperatorOf(project: string): Record<string, string> {
  return bearer(OPERATOR_TOKEN, project);
}
