import { chmod, copyFile, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Buildah } from './buildah.ts';
import { run } from './run.ts';

const SUITE = 'bookworm';
const NPM_VERSION = '11.21.2';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

/**
 * Stands in for node:24-bookworm-slim and debian:bookworm-slim, which only a registry has: Debian as debootstrap makes it,
 * with this Node, npm and, so that builds are quick, FFmpeg. Made once for each suite and version of Node, kept with the
 * storage. It fetches packages as this machine does and trusts whom it trusts.
 */
export async function standInImage(buildah: Buildah): Promise<string> {
  const image = `localhost/millrace-stand-in:${SUITE}-node${process.versions.node}`;
  if (await buildah.has(image)) return image;
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-debian-'));
  const root = path.join(folder, 'root');
  try {
    await makeDebian(root);
    await addNode(root, path.join(folder, 'npm'));
    const container = await buildah(['from', 'scratch']);
    await buildah(['add', '--quiet', container, root, '/'], 580_000);
    await buildah([
      'config',
      ...['--env', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      ...['--env', `NODE_EXTRA_CA_CERTS=${CERTIFICATES}`, '--env', `SSL_CERT_FILE=${CERTIFICATES}`],
      container,
    ]);
    await buildah(['commit', '--quiet', '--disable-compression', '--rm', container, image], 580_000);
    return image;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeDebian(root: string): Promise<void> {
  await run('debootstrap', ['--variant=minbase', '--include=ca-certificates', SUITE, root], {
    timeoutMs: 580_000,
  });
  await copyFile(CERTIFICATES, root + CERTIFICATES);
  await cp('/etc/apt/apt.conf.d', path.join(root, 'etc/apt/apt.conf.d'), {
    recursive: true,
    dereference: true,
  });
  const options = { timeoutMs: 580_000, env: { DEBIAN_FRONTEND: 'noninteractive' } };
  await run('chroot', [root, 'apt-get', 'update'], options);
  const install = ['apt-get', 'install', '-y', '--no-install-recommends', 'ffmpeg'];
  await run('chroot', [root, ...install], options);
  await run('chroot', [root, 'apt-get', 'clean'], options);
}

async function addNode(root: string, folder: string): Promise<void> {
  const usrLocal = path.join(root, 'usr/local');
  await copyFile(process.execPath, path.join(usrLocal, 'bin/node'));
  await chmod(path.join(usrLocal, 'bin/node'), 0o755);
  await mkdir(folder);
  await writeFile(path.join(folder, 'package.json'), '{}');
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `npm@${NPM_VERSION}`], {
    cwd: folder,
    timeoutMs: 120_000,
  });
  await cp(path.join(folder, 'node_modules'), path.join(usrLocal, 'lib/node_modules'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', path.join(usrLocal, 'bin/npm'));
}
