import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { NODE_OPTIONS } from '@millrace/local/stack/fleet-process.ts';
import { repositoryRoot } from '@millrace/local/stack/repository-root.ts';
import { describe, expect, it } from 'vitest';
import { templateVariables } from '../compose/testing/project.ts';
import { type Instruction, parseDockerfile, type Stage } from './testing/parse-dockerfile.ts';

const read = (file: string) => readFile(path.join(repositoryRoot, file), 'utf8');
const toolchain = await read('scripts/toolchain/ensure-node.mjs');
const pinned = (constant: string) => new RegExp(`${constant} = '(.+)'`).exec(toolchain)?.[1];

const all = (stage: Stage | undefined, name: string) =>
  (stage?.instructions ?? []).filter((instruction) => instruction.name === name).map(({ text }) => text);

describe.each(['worker-node', 'edge'])('%s.Dockerfile', async (name) => {
  const text = await read(`deploy/docker/${name}.Dockerfile`);
  const { args, stages } = parseDockerfile(text);
  const last = stages.at(-1);
  const every = stages.flatMap((stage) => stage.instructions);
  const runs = every
    .filter((instruction) => instruction.name === 'RUN')
    .map((instruction) => instruction.text);

  it('starts from images that are arguments, pinned by version', () => {
    const named = new Set(stages.flatMap(({ as }) => (as === undefined ? [] : [as])));
    const outside = stages.map(({ from }) => from).filter((from) => !named.has(from));
    const variables = outside.map((from) => /^\$\{(\w+)\}$/.exec(from)?.[1] ?? from);
    expect([...new Set(variables)].sort()).toEqual(['NODE_IMAGE', 'RUNTIME_IMAGE']);
    expect(args.NODE_IMAGE).toBe(`docker.io/library/node:${pinned('nodeVersion')}-bookworm-slim`);
    expect(args.RUNTIME_IMAGE).toMatch(/^docker\.io\/library\/debian:12\.\d+-slim$/);
  });

  it('installs what the lockfile says, with the pnpm of the project, and runs no script of a package', () => {
    expect(runs.some((run) => run.includes(`npm install --global pnpm@${pinned('pnpmVersion')}`))).toBe(true);
    const installs = runs.flatMap((run) => run.match(/pnpm install[^&]*/g) ?? []);
    expect(installs.length).toBeGreaterThan(0);
    for (const install of installs) {
      expect(install).toContain('--frozen-lockfile');
      expect(install).toContain('--ignore-scripts');
    }
  });

  it('leaves no package lists behind, and adds nothing that was not asked for', () => {
    for (const run of runs.filter((text) => text.includes('apt-get install'))) {
      expect(run).toContain('apt-get update');
      expect(run).toContain('--no-install-recommends');
      expect(run).toContain('rm -rf /var/lib/apt/lists/*');
    }
  });

  it('copies what it names, and downloads nothing by itself', () => {
    expect(every.map((instruction) => instruction.name)).not.toContain('ADD');
    for (const copy of every.filter((instruction) => instruction.name === 'COPY')) {
      const sources = copy.text.split(/\s+/).slice(0, -1);
      expect(sources, copy.text).not.toContain('.');
    }
    for (const run of runs) expect(run).not.toMatch(/\b(curl|wget)\b/);
  });

  it('ends as a user without a name of its own, after all that root has to do', () => {
    const users = all(last, 'USER');
    expect(users).toEqual(['10001:10001']);
    const order = (last?.instructions ?? []).map((instruction) => instruction.name);
    expect(order.lastIndexOf('RUN')).toBeLessThan(order.indexOf('USER'));
    expect(order.lastIndexOf('COPY')).toBeLessThan(order.indexOf('USER'));
  });

  it('starts one program without a shell around it', () => {
    const argv = (instruction: string): unknown => JSON.parse(all(last, instruction).join());
    const options = name === 'edge' ? ['--disable-warning=ExperimentalWarning'] : NODE_OPTIONS;
    expect(argv('ENTRYPOINT')).toEqual(['node', ...options, expect.any(String)]);
    expect(argv('CMD')).toEqual([name === 'edge' ? 'edge' : 'worker']);
    expect(all(last, 'STOPSIGNAL')).toEqual(['SIGTERM']);
  });

  it('tells its health, with what it has', () => {
    const [health = ''] = all(last, 'HEALTHCHECK');
    expect(health).toMatch(/--interval=\S+ --timeout=\S+ --start-period=\S+ --retries=\d+/);
    expect(JSON.parse(health.slice(health.indexOf('CMD') + 3))).toEqual([
      'node',
      '/app/deploy/docker/check-health.ts',
    ]);
  });

  it('is labelled, of the version that the project has', async () => {
    const labels = all(last, 'LABEL').join(' ');
    for (const label of ['title', 'description', 'source', 'licenses', 'version', 'revision', 'created']) {
      expect(labels).toContain(`org.opencontainers.image.${label}=`);
    }
    const { version } = JSON.parse(await read('package.json')) as { version: string };
    expect(all(last, 'ARG')).toContain(`VERSION=${version}`);
  });

  it('writes down what is in it', () => {
    expect(runs.some((run) => /pnpm sbom .*--sbom-format cyclonedx/.test(run))).toBe(true);
    expect(all(last, 'RUN').some((run) => run.includes('complete-sbom.ts /app/sbom.cdx.json'))).toBe(true);
  });

  it('holds no secret', () => {
    const isSetting = ({ name: kind }: Instruction) => ['ARG', 'ENV'].includes(kind);
    const settings = every.filter(isSetting).map((instruction) => instruction.text);
    expect(settings.join()).not.toMatch(/TOKEN|SECRET|PASSWORD|_KEY/);
  });
});

describe('around the Dockerfiles', () => {
  it('lets nothing into a build that is not named', async () => {
    const rules = (await read('.dockerignore'))
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules[0]).toBe('*');
    expect(rules.filter((rule) => rule.startsWith('!'))).not.toContain('!.');
    expect(rules).toEqual(expect.arrayContaining(['**/node_modules', '**/*.test.ts', '**/.wrangler']));
  });

  it('gives Compose the same image to start from', async () => {
    const { args } = parseDockerfile(await read('deploy/docker/worker-node.Dockerfile'));
    expect((await templateVariables()).FLEET_RUNTIME_IMAGE).toBe(args.RUNTIME_IMAGE);
  });

  it('asks every program at the port that it has by itself', async () => {
    const health = await read('deploy/docker/check-health.ts');
    const asked = Object.fromEntries(
      [...health.matchAll(/^ {2}'?([\w-]+)'?: \[(\d+), '(.+)'\],$/gm)].map(([, name = '', port]) => [
        name,
        Number(port),
      ]),
    );
    const sources = {
      edge: 'deploy/services/edge/config.ts',
      queue: 'deploy/services/queue/config.ts',
      'neon-proxy': 'deploy/services/neon-proxy/config.ts',
      'redis-proxy': 'deploy/services/redis-proxy/config.ts',
    };
    const own: Record<string, number> = { bridge: 9101, worker: 9111, grpc: 9121 };
    for (const [name, file] of Object.entries(sources)) {
      own[name] = Number(/PORT: port\.default\((\d+)\)/.exec(await read(file))?.[1]);
    }
    expect(asked).toEqual(own);
  });
});
