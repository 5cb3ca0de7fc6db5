import { readConfig, variableNames } from '@millrace/edge/src/config.ts';
import { z } from 'zod';
import { refuseDefaultSecrets } from '../program/default-secrets.ts';
import {
  ConfigError,
  commonVariables,
  type Environment,
  port,
  readEnvironment,
  withoutEmpty,
} from '../program/read-environment.ts';

const schema = z.object({
  ...commonVariables,
  PORT: port.default(8080),
  GRAPHQL_PORT: port.default(8081),
  /** What `build.ts` made. */
  EDGE_BUNDLE_DIR: z.string().default('/app/edge-bundle'),
  QUEUE_API_URL: z.url().default('https://api.cloudflare.com/client/v4'),
  CLOUDFLARE_ACCOUNT_ID: z.string().min(1),
  QUEUE_ID: z.string().min(1),
  QUEUE_API_TOKEN: z.string().min(1),
  /** The header in which a proxy in front names the caller; left out, callers connect directly. */
  CLIENT_ADDRESS_HEADER: z
    .string()
    .regex(/^[\w-]+$/)
    .transform((name) => name.toLowerCase())
    .optional(),
});

/** What the program reads, and what it hands on to the Worker. */
export const edgeVariables: readonly string[] = [
  ...new Set([...Object.keys(schema.shape), ...variableNames]),
];

export type EdgeConfig = z.output<typeof schema> & {
  /** The Worker's own variables, those that are set. */
  variables: Readonly<Record<string, string>>;
  /** Hosts, with their ports, of the services that the variables name. */
  namedHosts: readonly string[];
  /** Nothing at all is out of the Worker's reach. */
  reachesEverything: boolean;
};

/** The program's own variables and the Worker's: what is wrong with either is told now, not with each request. */
export function readEdgeConfig(env: Environment): EdgeConfig {
  const own = readEnvironment(schema, env);
  const given = withoutEmpty({ ...env, ENVIRONMENT: own.ENVIRONMENT });
  const variables = Object.fromEntries(
    variableNames.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]] as const])),
  );
  try {
    readConfig(variables);
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error));
  }
  refuseDefaultSecrets(given);
  return {
    ...own,
    variables,
    namedHosts: hostsOf(variables),
    reachesEverything: variables.WEBHOOK_LOOPBACK === 'true',
  };
}

function hostsOf(variables: Readonly<Record<string, string>>): string[] {
  const hosts = Object.values(variables).flatMap((value) => {
    const url = /^https?:/.test(value) ? URL.parse(value) : null;
    return url === null ? [] : [url.host];
  });
  // Where the bucket's name stands in the host's.
  const { S3_ENDPOINT, S3_BUCKET = 'millrace', S3_ADDRESSING } = variables;
  const storage = URL.parse(S3_ENDPOINT ?? '')?.host;
  const bucket = S3_ADDRESSING === 'virtual-host' && storage !== undefined ? [`${S3_BUCKET}.${storage}`] : [];
  return [...new Set([...hosts, ...bucket])];
}
