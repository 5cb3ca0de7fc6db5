import { styleText } from 'node:util';
import { type Finding, tryContract } from './contract.ts';
import { readStorageEnvironment } from './storage-environment.ts';
import { openStore, sweep } from './store.ts';

/*
 *   S3_ENDPOINT=https://… S3_REGION=… S3_BUCKET=… S3_ACCESS_KEY=… S3_SECRET_KEY=… S3_ADDRESSING=path npm run check:storage
 *
 * Writes some 60 objects (10 MB) below objects/storage-contract/ and takes them away again.
 */

export async function checkStorage(
  env: NodeJS.ProcessEnv,
  print: (line: string) => void,
  send: typeof fetch = fetch,
): Promise<number> {
  const settings = readStorageEnvironment(env);
  print(`${settings.endpoint}, bucket ${settings.bucket}, region ${settings.region}, ${settings.addressing}`);
  const store = openStore(settings, send);
  const findings = await tryContract(store, (finding) => print(row(finding)));
  await sweep(store).catch((error: unknown) => print(`${store.prefix} could not be taken away: ${error}`));
  const broken = findings.filter(({ seen }) => seen !== null);
  const missed = broken.filter(({ rule }) => rule.needed);
  print(verdict(findings.length, broken.length, missed.length));
  return missed.length === 0 ? 0 : 1;
}

function row({ rule, seen }: Finding): string {
  if (seen === null) return `${styleText('green', 'holds   ')}  ${rule.name}`;
  const mark = rule.needed ? styleText('red', 'MISSING ') : styleText('yellow', 'less    ');
  return `${mark}  ${rule.name}\n            ${seen}\n            without it: ${rule.without}`;
}

function verdict(all: number, broken: number, missed: number): string {
  if (missed > 0) return `\nMillrace cannot run on this store: ${missed} of what it needs does not hold.`;
  if (broken > 0)
    return `\nMillrace runs on this store: of ${all} rules ${broken} do not hold, none of them needed.`;
  return `\nMillrace runs on this store: all ${all} rules hold.`;
}

if (import.meta.main) {
  process.exitCode = await checkStorage(process.env, console.log).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  });
}
