import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Runs a program to its end and answers with what it printed. Throws with the end of its output when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  options: { timeoutMs?: number; env?: Readonly<Record<string, string>>; cwd?: string } = {},
): Promise<string> {
  const { timeoutMs = 60_000, env = {}, cwd } = options;
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      timeout: timeoutMs,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    return stdout.trim();
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-30).join('\n');
    throw new Error(`${command} ${args.slice(0, 8).join(' ')} failed:\n${said}`, { cause: error });
  }
}
