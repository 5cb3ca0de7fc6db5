import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withSetUpLock } from './set-up-lock.mjs';
import { step } from './step.mjs';

const packages = ['.', 'shared', 'edge', 'worker-node', 'deploy', 'deploy/local'];
const manifests = [
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  ...packages.map((folder) => join(folder, 'package.json')),
];

/** Installs the packages of the lockfile, unless the last install saw the same manifests. */
export async function ensurePackages(root, node) {
  if (isUpToDate(root)) return;
  await withSetUpLock(root, async () => {
    if (isUpToDate(root)) return;
    const wanted = fingerprint(root);
    await step(root, 'Installing the npm packages of the lockfile', [
      {
        command: node.binary,
        args: [node.pnpm, 'install', '--frozen-lockfile', '--reporter=append-only'],
        env: { CI: 'true', PATH: `${node.binFolder}:${process.env.PATH}` },
      },
    ]);
    writeFileSync(stampFile(root), wanted);
  });
}

function isUpToDate(root) {
  if (packages.some((folder) => !existsSync(join(root, folder, 'node_modules')))) return false;
  const stamp = stampFile(root);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(root);
}

// Inside node_modules, so that removing that folder removes the claim that it is complete.
function stampFile(root) {
  return join(root, 'node_modules', '.millrace-install');
}

function fingerprint(root) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const name of manifests) hash.update(name).update(readFileSync(join(root, name)));
  return hash.digest('hex');
}
