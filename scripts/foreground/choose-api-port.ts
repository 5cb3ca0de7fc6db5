import { freePort } from '../../deploy/local/free-port.ts';
import { readApiPort } from './read-settings.ts';
import { UsageError } from './usage-error.ts';

/**
 * `API_PORT`, or 8080. Throws when another program has it, unless `elseAnother` lets any other do and nobody
 * asked for this one.
 */
export async function chooseApiPort(
  env: NodeJS.ProcessEnv,
  command: string,
  { elseAnother = false } = {},
): Promise<number> {
  const { port, isChosen } = readApiPort(env);
  const free = await freePort(port);
  if (free === port || (elseAnother && !isChosen)) return free;
  throw new UsageError(
    `Port ${port} is taken by another program. Choose another: API_PORT=${port + 1} ${command}`,
  );
}
