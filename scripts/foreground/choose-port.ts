import { freePort } from '../../deploy/local/free-port.ts';
import { type PortName, readPort } from './read-settings.ts';
import { UsageError } from './usage-error.ts';

/**
 * The port that the environment names, or the usual one. Throws when another program has it, unless `elseAnother` lets
 * any other do and nobody asked for this one.
 */
export async function choosePort(
  name: PortName,
  env: NodeJS.ProcessEnv,
  command: string,
  { elseAnother = false } = {},
): Promise<number> {
  const { port, isChosen } = readPort(name, env);
  const free = await freePort(port);
  if (free === port || (elseAnother && !isChosen)) return free;
  throw new UsageError(
    `Port ${port} is taken by another program. Choose another: ${name}=${port + 1} ${command}`,
  );
}
