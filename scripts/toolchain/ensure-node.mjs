import { existsSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withSetUpLock } from './set-up-lock.mjs';
import { SetUpError, step } from './step.mjs';

const oldestNode = 24;
const nodeVersion = '24.21.0';
const pnpmVersion = '12.21.0';

/**
 * Node 24 or newer and the pinned pnpm, both from npm and kept in `.local/toolchain`. The Node that runs
 * this is used when it is new enough.
 *
 * @returns {Promise<{ binary: string, pnpm: string, binFolder: string }>} the Node binary, pnpm's entry
 *   point (a script for that binary) and a folder for PATH that holds both under their usual names
 */
export async function ensureNode(root) {
  const home = join(root, '.local', 'toolchain');
  const tools = toolsFor(process.versions.node);
  if (tools.some((tool) => !isInstalled(home, tool))) {
    await withSetUpLock(root, () => install(root, home, tools));
  }
  const node = tools.find((tool) => tool.name === 'node');
  const binary = node
    ? join(folderOf(home, node), 'node_modules', node.package, 'bin', 'node')
    : process.execPath;
  const pnpm = join(home, `pnpm-${pnpmVersion}`, 'node_modules', 'pnpm', 'bin', 'pnpm.mjs');
  return { binary, pnpm, binFolder: linkTools(home, binary, pnpm) };
}

function toolsFor(runningNode) {
  const pnpm = { name: 'pnpm', package: 'pnpm', version: pnpmVersion };
  if (Number.parseInt(runningNode, 10) >= oldestNode) return [pnpm];
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    throw new SetUpError(
      `Millrace needs Node ${oldestNode} or newer; this is ${runningNode}. On macOS: brew install node@${oldestNode}`,
    );
  }
  // The package `node` only fetches this one from an install script, which npm may refuse to run.
  return [{ name: 'node', package: `node-linux-${process.arch}`, version: nodeVersion }, pnpm];
}

function folderOf(home, tool) {
  return join(home, `${tool.name}-${tool.version}`);
}

function isInstalled(home, tool) {
  return existsSync(folderOf(home, tool));
}

async function install(root, home, tools) {
  const missing = tools.filter((tool) => !isInstalled(home, tool));
  if (missing.length === 0) return;
  const names = missing
    .map((tool) => `${tool.name === 'node' ? 'Node' : tool.name} ${tool.version}`)
    .join(' and ');
  const unfinished = (tool) => `${folderOf(home, tool)}.unfinished`;
  for (const tool of missing) {
    rmSync(unfinished(tool), { recursive: true, force: true });
    mkdirSync(unfinished(tool), { recursive: true });
  }
  await step(
    root,
    `Installing ${names} from npm`,
    missing.map((tool) => npmInstall(unfinished(tool), `${tool.package}@${tool.version}`)),
  );
  for (const tool of missing) renameSync(unfinished(tool), folderOf(home, tool));
}

function npmInstall(folder, spec) {
  const npmScript = process.env.npm_execpath ?? '';
  const viaScript = npmScript.endsWith('npm-cli.js');
  const quiet = ['--ignore-scripts', '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
  return {
    command: viaScript ? process.execPath : 'npm',
    args: [...(viaScript ? [npmScript] : []), 'install', '--prefix', folder, ...quiet, spec],
  };
}

function linkTools(home, binary, pnpm) {
  const folder = join(home, 'bin');
  const link = join(folder, 'node');
  if (linkTarget(link) === binary) return folder;
  mkdirSync(folder, { recursive: true });
  // Replaced by rename, so that a run beside this one never finds the name missing.
  const fresh = join(folder, `node.${process.pid}`);
  symlinkSync(binary, fresh);
  writeFileSync(join(folder, 'pnpm'), `#!/bin/sh\nexec '${binary}' '${pnpm}' "$@"\n`, { mode: 0o755 });
  renameSync(fresh, link);
  return folder;
}

function linkTarget(link) {
  try {
    return readlinkSync(link);
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
