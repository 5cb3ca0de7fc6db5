import { newAccessMemory } from '../auth/access-memory.ts';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { openTestContext } from './test-context.ts';

export const OPERATOR_TOKEN = 'test-operator-token-0000';
export const asOperator = bearer(OPERATOR_TOKEN);

export interface ClosedInstallation {
  ctx: Context;
  /** Another isolate: the same database, nothing remembered. */
  otherIsolate(): Context;
  /** Moves the clock of all isolates. The database's stays. */
  passSeconds(seconds: number): void;
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** An installation that asks everybody who they are, with a clock that can be moved. */
export async function openClosedInstallation(config: Partial<Config> = {}): Promise<ClosedInstallation> {
  let passedMs = 0;
  const opened = await openTestContext({ now: () => Date.now() + passedMs });
  const ctx = {
    ...opened.ctx,
    config: { ...opened.ctx.config, openAccess: false, operatorToken: OPERATOR_TOKEN, ...config },
  };
  return {
    ctx,
    otherIsolate: () => ({ ...ctx, access: newAccessMemory() }),
    passSeconds: (seconds) => {
      passedMs += seconds * 1000;
    },
    settled: opened.settled,
    close: opened.close,
  };
}

export function bearer(token: string, project?: string): Record<string, string> {
  return { authorization: `Bearer ${token}`, ...(project === undefined ? {} : { 'x-project-id': project }) };
}
