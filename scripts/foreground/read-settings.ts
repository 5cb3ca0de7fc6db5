import { availableParallelism } from 'node:os';
import { UsageError } from './usage-error.ts';

/** What the environment calls them, and where they are when it does not. */
const usualPorts = { API_PORT: 8080, GRAPHQL_PORT: 8081, GRPC_PORT: 50_051 };
export type PortName = keyof typeof usualPorts;

/** A port, and whether somebody chose it. */
export function readPort(name: PortName, env: NodeJS.ProcessEnv): { port: number; isChosen: boolean } {
  const text = env[name];
  if (text === undefined || text === '') return { port: usualPorts[name], isChosen: false };
  return { port: wholeNumber(name, text, 1, 65_535), isChosen: true };
}

/** Variables of the edge that may be tried out on one machine: who gets in, and how often. */
const EDGE_VARIABLES = [
  'OPEN_ACCESS',
  'OPERATOR_TOKEN',
  'METRICS_TOKEN',
  'OPEN_METRICS',
  'JWT_JWKS_URL',
  'JWT_ISSUER',
  'JWT_AUDIENCE',
  'JWT_PROJECTS_CLAIM',
  'RATE_LIMIT_PER_MINUTE',
  'GRAPHQL_INTROSPECTION',
  'PUBLIC_URL',
];

/** What of these the environment names. */
export function readEdgeVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    EDGE_VARIABLES.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
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
