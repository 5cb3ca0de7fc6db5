import { dirname } from 'node:path';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';
import type { Buildah } from './buildah.ts';
import { run } from './run.ts';

/** Builds one of the Dockerfiles as it is, on stand-ins for the images it starts from. Answers with the image's name. */
export async function buildImage(buildah: Buildah, name: string, standIn: string): Promise<string> {
  const image = `localhost/millrace-test-${name}:${process.pid}`;
  // What this machine has of the lockfile's packages need not be fetched again; `…/v11` is pnpm's own.
  const store = dirname(await run('pnpm', ['store', 'path'], { cwd: repositoryRoot }));
  const others = await containers(buildah);
  try {
    await buildah(
      [
        ...['bud', '--isolation', 'chroot', '--format', 'docker', '--network', 'host'],
        ...['--pull-never', '--disable-compression', '--volume', `${store}:/pnpm-store`],
        ...['--build-arg', `NODE_IMAGE=${standIn}`, '--build-arg', `RUNTIME_IMAGE=${standIn}`],
        ...['--build-arg', 'REVISION=0123456789abcdef', '--build-arg', 'CREATED=2026-11-22T00:00:00Z'],
        ...['--file', `deploy/docker/${name}.Dockerfile`, '--tag', image, repositoryRoot],
      ],
      900_000,
    );
  } finally {
    // A stage of which nothing is run leaves its container behind, and so does a build that fails.
    const own = (await containers(buildah)).filter((id) => !others.includes(id));
    if (own.length > 0) await buildah(['rm', ...own]);
  }
  return image;
}

async function containers(buildah: Buildah): Promise<string[]> {
  return (await buildah(['containers', '--quiet'])).split('\n').filter(Boolean);
}
