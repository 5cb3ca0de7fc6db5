import { availableParallelism } from 'node:os';
import { UsageError } from './usage-error.ts';

const defaultApiPort = 8080;

/** `API_PORT`, and whether somebody chose it. */
export function readApiPort(env: NodeJS.ProcessEnv): { port: number; isChosen: boolean } {
  const text = env.API_PORT;
  if (text === undefined || text === '') return { port: defaultApiPort, isChosen: false };
  return { port: wholeNumber('API_PORT', text, 1, 65_535), isChosen: true };
}

/** `--workers N`; one per core when left out. */
export function readWorkerCount(text: string | undefined): number {
  return text === undefined ? availableParallelism() : wholeNumber('--workers', text, 1, 64);
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(
    `${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(text)}.`,
  );
}
