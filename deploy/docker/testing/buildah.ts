import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { run } from './run.ts';

const configSchema = z.object({
  User: z.string(),
  Env: z.array(z.string()),
  Cmd: z.array(z.string()),
  Entrypoint: z.array(z.string()),
  WorkingDir: z.string(),
  StopSignal: z.string(),
  Volumes: z.record(z.string(), z.unknown()),
  ExposedPorts: z.record(z.string(), z.unknown()),
  Labels: z.record(z.string(), z.string()),
  Healthcheck: z.object({ Test: z.array(z.string()) }),
});
export type ImageConfig = z.infer<typeof configSchema>;

export interface Buildah {
  /** Runs one of its commands on this storage. */
  (args: readonly string[], timeoutMs?: number): Promise<string>;
  has(image: string): Promise<boolean>;
  config(image: string): Promise<ImageConfig>;
  /** A container of the image and where its files are. `umount` gives both back. */
  mount(image: string): Promise<{ root: string; umount(): Promise<void> }>;
}

/** Buildah with a storage of its own below the folder of temporary files: no engine, and nobody else's images. */
export async function openBuildah(): Promise<Buildah> {
  const home = path.join(tmpdir(), 'millrace-images');
  await mkdir(home, { recursive: true });
  const driver = await storageDriver();
  const storage = [
    ...['--root', path.join(home, driver, 'root'), '--runroot', path.join(home, driver, 'run')],
    ...['--storage-driver', driver],
  ];
  const buildah = (args: readonly string[], timeoutMs = 180_000) =>
    run('buildah', [...storage, ...args], { timeoutMs, env: { BUILDAH_ISOLATION: 'chroot' } });
  return Object.assign(buildah, {
    has: async (image: string) =>
      (await buildah(['images', '--quiet', '--filter', `reference=${image}`])) !== '',
    config: async (image: string) => {
      const text = await buildah(['inspect', '--type', 'image', image]);
      return z.object({ Docker: z.object({ config: configSchema }) }).parse(JSON.parse(text)).Docker.config;
    },
    mount: async (image: string) => {
      const container = await buildah(['from', '--pull-never', image]);
      const root = await buildah(['mount', container]);
      return {
        root,
        umount: async () => {
          await buildah(['umount', container]);
          await buildah(['rm', container]);
        },
      };
    },
  });
}

/** Overlays where the kernel lets us: every step of a build copies the whole image otherwise. */
async function storageDriver(): Promise<'overlay' | 'vfs'> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-overlay-'));
  const at = (name: string) => path.join(folder, name);
  try {
    for (const name of ['lower', 'upper', 'work', 'merged']) await mkdir(at(name));
    const layers = `lowerdir=${at('lower')},upperdir=${at('upper')},workdir=${at('work')}`;
    await run('mount', ['-t', 'overlay', 'overlay', '-o', layers, at('merged')]);
    await run('umount', [at('merged')]);
    return 'overlay';
  } catch {
    return 'vfs';
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
