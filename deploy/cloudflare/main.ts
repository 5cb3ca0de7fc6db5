import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { migrationRunner } from '@millrace/local/migration-runner.ts';
import { readMigrations } from '@millrace/local/migrations.ts';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';
import { z } from 'zod';
import { cloudflareApi } from './account/cloudflare-api.ts';
import { deploy } from './deploy.ts';
import { readSecrets, withoutSecrets } from './secrets.ts';
import { readSettings } from './settings.ts';
import { smokeTest } from './smoke.ts';
import { readWorkerEnvironment } from './worker-config.ts';
import { wranglerRunner } from './wrangler.ts';

const usage = `npm run deploy:cloudflare -- [--env production] [--dry-run]
  --dry-run          prints the plan and changes nothing
  --secrets FILE     NAME=value lines; the environment wins
  --rotate NAME      sets a secret anew that is there already; may be repeated
  --settings FILE    instead of deploy/cloudflare/ENV.yaml
  --check            checks also when nothing is deployed
  --smoke-job FILE   takes this film through the whole system as part of the check
  --redeploy         deploys also when the version is the same
  --take-domain      takes the hostname away from another Worker
CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID say where: docs/cloudflare.md.`;

const API = 'https://api.cloudflare.com/client/v4';
const HEALTH_WITHIN_MS = 5 * 60_000;

/** Everything that goes wrong is said without the secrets that were given. */
export async function main(
  args: string[],
  env: NodeJS.ProcessEnv,
  print: (line: string) => void,
): Promise<number> {
  let cleaned = (text: string) => text;
  const say = (line: string) => print(cleaned(line));
  try {
    const options = readOptions(args);
    if (options.help) {
      print(usage);
      return 0;
    }
    const account = readAccount(env);
    const secrets = await readSecrets(env, options.secrets);
    cleaned = (text) => withoutSecrets(text, secrets, account.token);
    const databaseUrl = secrets.get('DATABASE_URL');
    const migrations = path.join(repositoryRoot, 'migrations');
    const key = env.SMOKE_API_KEY || secrets.get('OPERATOR_TOKEN');
    const environment = readWorkerEnvironment(path.join(repositoryRoot, 'wrangler.toml'), options.env);
    const settings = await readSettings(
      options.settings ?? path.join(import.meta.dirname, `${options.env}.yaml`),
    );
    await deploy({
      api: cloudflareApi({ ...account, wait: (milliseconds) => sleep(milliseconds) }),
      wrangler: wranglerRunner({
        accountId: account.accountId,
        token: account.token,
        apiBaseUrl: account.baseUrl,
        folder: path.join(repositoryRoot, '.local/cloudflare'),
      }),
      environment,
      settings,
      secrets,
      rotate: options.rotate,
      migrations: databaseUrl
        ? { all: await readMigrations(migrations), database: migrationRunner(databaseUrl, migrations) }
        : null,
      root: repositoryRoot,
      release: await releaseName(),
      redeploy: options.redeploy,
      takeDomain: options['take-domain'],
      check: options.check || options['smoke-job'] !== undefined,
      dryRun: options['dry-run'],
      smoke: (url, origins) =>
        smokeTest({
          ...{ url, healthWithinMs: HEALTH_WITHIN_MS, say: (line) => say(`    ${line}`) },
          origins,
          ...(key ? { key } : {}),
          ...(options['smoke-job'] ? { film: options['smoke-job'] } : {}),
        }),
      say,
    });
    return 0;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      env: { type: 'string', default: 'production' },
      'dry-run': { type: 'boolean', default: false },
      secrets: { type: 'string' },
      rotate: { type: 'string', multiple: true, default: [] },
      settings: { type: 'string' },
      check: { type: 'boolean', default: false },
      'smoke-job': { type: 'string' },
      redeploy: { type: 'boolean', default: false },
      'take-domain': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (!/^[a-z][a-z0-9-]*$/.test(values.env)) throw new Error('--env names a section of wrangler.toml');
  return values;
}

function readAccount(env: NodeJS.ProcessEnv): { accountId: string; token: string; baseUrl: string } {
  const accountId = env.CLOUDFLARE_ACCOUNT_ID ?? '';
  const token = env.CLOUDFLARE_API_TOKEN ?? '';
  if (!/^[0-9a-f]{32}$/.test(accountId))
    throw new Error('CLOUDFLARE_ACCOUNT_ID is missing, or not 32 hex digits');
  if (token === '')
    throw new Error('CLOUDFLARE_API_TOKEN is missing: docs/cloudflare.md says what it must open');
  return { accountId, token, baseUrl: env.CLOUDFLARE_API_BASE_URL || API };
}

async function releaseName(): Promise<string> {
  const file = path.join(repositoryRoot, 'package.json');
  const { name, version } = z
    .object({ name: z.string(), version: z.string() })
    .parse(JSON.parse(await readFile(file, 'utf8')));
  return `${name} ${version}`;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2), process.env, console.log);
