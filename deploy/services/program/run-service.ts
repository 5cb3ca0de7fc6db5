import type { Logger } from 'pino';
import { createLogger } from './logger.ts';
import { ConfigError, type Environment } from './read-environment.ts';

export interface Service {
  /** Settles when it has ended by itself, which it should not; with why. */
  ended?: Promise<string>;
  stop(): Promise<void>;
}

interface Program<C> {
  role: string;
  readConfig: (env: Environment) => C;
}

/**
 * Runs a program of a container to its exit code: 0 when it was asked to end, 1 when it failed or ended by itself, 2 when
 * its environment makes no sense. The first SIGTERM or SIGINT asks it to end, the second ends it where it stands.
 */
export function runService<C extends { LOG_LEVEL: string }>(
  program: Program<C> & { start: (config: C, log: Logger) => Promise<Service> },
): Promise<never> {
  const asked = untilSignal();
  return runToExit(program, async (config, log) => {
    const service = await program.start(config, log);
    log.info('ready');
    const endedBy = service.ended?.then((reason) => ({ reason, isFailure: true }));
    const { reason, isFailure } = await Promise.race([asked, ...(endedBy ? [endedBy] : [])]);
    log[isFailure ? 'error' : 'info']({ reason }, 'stopping');
    await service.stop();
    log.info('stopped');
    return isFailure ? 1 : 0;
  });
}

/** Runs a program that ends by itself when it has done its work. A signal ends it at once. */
export function runOnce<C extends { LOG_LEVEL: string }>(
  program: Program<C> & { run: (config: C, log: Logger) => Promise<void> },
): Promise<never> {
  // The first process of a container has no default for signals.
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => process.exit(1));
  return runToExit(program, async (config, log) => {
    await program.run(config, log);
    log.info('done');
    return 0;
  });
}

async function runToExit<C extends { LOG_LEVEL: string }>(
  { role, readConfig }: Program<C>,
  run: (config: C, log: Logger) => Promise<number>,
): Promise<never> {
  try {
    const config = readConfig(process.env);
    process.exit(await run(config, createLogger(role, config.LOG_LEVEL)));
  } catch (error) {
    createLogger(role, 'info').fatal({ detail: described(error) }, 'could not run');
    process.exit(error instanceof ConfigError ? 2 : 1);
  }
}

function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${described(error.cause)}`;
}

function untilSignal(): Promise<{ reason: string; isFailure: false }> {
  return new Promise((resolve) => {
    let isAsked = false;
    for (const reason of ['SIGTERM', 'SIGINT'] as const) {
      process.on(reason, () => {
        if (isAsked) process.exit(1);
        isAsked = true;
        resolve({ reason, isFailure: false });
      });
    }
  });
}
