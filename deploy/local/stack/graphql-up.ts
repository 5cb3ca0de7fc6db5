import path from 'node:path';
import { startChild } from '../child-process.ts';
import { answers } from './answers.ts';
import { repositoryRoot } from './repository-root.ts';
import type { Service } from './service.ts';
import type { Site } from './site.ts';

const program = path.join(repositoryRoot, 'deploy/local/graphql/main.ts');

/** GraphQL at an address of its own, before the API. Ready when the API's `/health` answers through it. */
export function graphqlUp(site: Site, { apiUrl }: { apiUrl: string }): Promise<Service> {
  const { graphqlPort: port } = site;
  const url = `http://127.0.0.1:${port}`;
  return site.launch('gateways', {
    name: 'graphql',
    whenItEnds: 'replace',
    start: async (logFile) => {
      const child = await startChild({
        name: 'graphql',
        command: process.execPath,
        args: ['--disable-warning=ExperimentalWarning', program],
        env: { PORT: String(port), API_URL: apiUrl },
        logFile,
        isReady: () => answers(`${url}/health`),
      });
      return { ...child, url };
    },
  });
}
