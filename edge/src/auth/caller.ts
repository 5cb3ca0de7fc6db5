import { Refusal } from '../refusal.ts';

/** What a key may do. `admin` holds all of them, and manages keys, users and settings of its project. */
export const SCOPES = ['jobs:read', 'jobs:write', 'uploads:write', 'webhooks:manage', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** Whoever asks: every door makes one of these from the request, and every write names its actor. */
export interface Caller {
  /** The only project the caller sees. */
  projectId: string;
  /** Kept with what the caller does: `key:{id}`, `user:{subject}`, `operator`, or `local` where no key is needed. */
  actor: string;
  scopes: readonly Scope[];
  /** Who runs the installation: may make projects and act in any of them. */
  operator: boolean;
}

/** The actor of what the control plane does by itself. */
export const SYSTEM = 'system';

/** Refuses with `forbidden` unless the caller holds the scope. */
export function requireScope(caller: Caller, scope: Scope): void {
  if (caller.scopes.includes(scope) || caller.scopes.includes('admin')) return;
  throw new Refusal('forbidden', `This needs the scope "${scope}".`);
}

/** Refuses with `forbidden` to lift a legal hold on a job or an upload without the scope `admin`. Anybody may lay one. */
export function requireMayLift(caller: Caller, legalHold: boolean | undefined): void {
  if (legalHold === false) requireScope(caller, 'admin');
}

/** Refuses with `forbidden` unless the caller runs the installation. */
export function requireOperator(caller: Caller): void {
  if (!caller.operator) throw new Refusal('forbidden', 'Only the operator of the installation may do this.');
}
