import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { repositoryRoot } from '../../deploy/local/stack/repository-root.ts';

export interface ToolRun {
  /** A program of node_modules/.bin. */
  tool: string;
  args: readonly string[];
  /** Below the checkout; the checkout itself when left out. */
  folder?: string;
  timeoutMs: number;
  signal: AbortSignal;
  /** `show` lets it write to our terminal, `keep` returns what it writes. */
  output: 'show' | 'keep';
}

export interface ToolResult {
  ok: boolean;
  output: string;
}

/** Runs one of the tools the packages bring. It has nothing to ask anybody: there is no input. */
export function runTool(run: ToolRun): Promise<ToolResult> {
  const { tool, args, folder = '.', timeoutMs, signal, output } = run;
  const bin = join(repositoryRoot, 'node_modules/.bin');
  const shown = output === 'show' ? 'inherit' : 'pipe';
  const child = spawn(join(bin, tool), args, {
    cwd: join(repositoryRoot, folder),
    stdio: ['ignore', shown, shown],
    env: {
      ...process.env,
      PATH: [bin, process.env.PATH].join(delimiter),
      // Some tools colour what goes to a file when they think that this is CI.
      ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }),
    },
    timeout: timeoutMs,
    signal,
  });
  const written: Buffer[] = [];
  child.stdout?.on('data', (data: Buffer) => written.push(data));
  child.stderr?.on('data', (data: Buffer) => written.push(data));
  return new Promise((resolve) => {
    const end = (ok: boolean, note: string) =>
      resolve({ ok, output: Buffer.concat(written).toString('utf8') + note });
    child.once('error', (error) => end(false, error.message));
    child.once('close', (code, killedBy) => {
      end(code === 0, killedBy === null ? '' : `\n${tool} was ended by ${killedBy}`);
    });
  });
}
