import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A set-up failure whose message is written for the person at the terminal. */
export class SetUpError extends Error {}

/**
 * Runs commands that take a while as one line: "Installing … 12 s". Their output goes to a log file;
 * the end of it is shown when one fails.
 *
 * @param {string} root the checkout
 * @param {string} title what the line says
 * @param {Array<{ command: string, args: string[], env?: Record<string, string>, needed?: boolean }>} commands
 *   run one after the other; one with `needed: false` may fail
 */
export async function step(root, title, commands) {
  const logFile = join(root, '.local', 'logs', 'set-up.log');
  mkdirSync(join(root, '.local', 'logs'), { recursive: true });
  const log = openSync(logFile, 'a');
  const startedAt = Date.now();
  process.stderr.write(`${title} … `);
  try {
    for (const command of commands) {
      const code = await run(root, command, log);
      if (code === 0 || command.needed === false) continue;
      const line = [command.command, ...command.args].join(' ');
      throw new SetUpError(`failed\n\n${lastLines(logFile, 20)}\n\nThis command failed (${code}): ${line}`);
    }
  } finally {
    closeSync(log);
  }
  process.stderr.write(`${Math.max(1, Math.round((Date.now() - startedAt) / 1000))} s\n`);
}

/** The exit code, or the name of the signal or of the error that kept the command from running. */
function run(root, { command, args, env }, log) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
    });
    child.on('error', (error) => resolve(error.code ?? error.message));
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
}

function lastLines(file, count) {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
}
