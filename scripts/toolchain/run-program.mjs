import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const sameKeyPressMs = 400;
const npmCheckEveryMs = 1_000;

/** Nothing here reports to anyone. */
const silence = {
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  DO_NOT_TRACK: '1',
  NO_UPDATE_NOTIFIER: '1',
};

/**
 * Runs the TypeScript program and waits for its end, whatever signal arrives meanwhile.
 *
 * A Ctrl-C reaches this process twice under `npm run`: from the terminal, and again from npm. The program
 * therefore runs in a process group of its own and is told each signal once. It also gets a channel
 * that closes when this process is killed outright, so that it can take down what it started.
 *
 * @returns {Promise<number>} the exit code, 128 + signal number when a signal ended the program
 */
export function runProgram({ root, node, script, args, env }) {
  const path = [node.binFolder, join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(delimiter);
  const child = spawn(node.binary, ['--disable-warning=ExperimentalWarning', script, ...args], {
    cwd: root,
    env: { ...compileCache(root), ...process.env, ...silence, ...env, PATH: path },
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    detached: true,
  });
  const forward = oncePerKeyPress((signal) => child.kill(signal));
  for (const signal of signals) process.on(signal, forward);
  const npmWatch = whenNpmIsGone(() => forward('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      clearInterval(npmWatch);
      if (child.connected) child.disconnect();
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

// A stack is half a dozen Node programs, and compiling is half of what each does before it is ready.
function compileCache(root) {
  return { NODE_COMPILE_CACHE: join(root, '.local', 'compile-cache') };
}

/**
 * Passes a signal on unless one has just been passed on.
 *
 * @param {(signal: NodeJS.Signals) => void} pass
 * @param {() => number} nowMs
 * @returns {(signal: NodeJS.Signals) => void}
 */
export function oncePerKeyPress(pass, nowMs = () => performance.now()) {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (signal) => {
    const now = nowMs();
    if (now - lastMs < sameKeyPressMs) return;
    lastMs = now;
    pass(signal);
  };
}

// Someone may kill npm outright (a CI job that ran out of time): nobody waits for the program any more.
function whenNpmIsGone(act) {
  if (!process.env.npm_lifecycle_event) return undefined;
  const npm = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(watch);
    act();
  }, npmCheckEveryMs);
  return watch;
}
