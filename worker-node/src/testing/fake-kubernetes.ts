import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

const COST = 'controller.kubernetes.io/pod-deletion-cost';
const TLS = join(import.meta.dirname, 'tls');

export interface FakeKubernetes {
  apiUrl: string;
  /** As mounted into a pod, with a token that the API takes. */
  accountDir: string;
  /** The cost each pod has, null for none. What is not in here is not there. */
  pods: Map<string, string | null>;
  /** `list`, or the pod that was patched and its cost. */
  calls: string[];
  /** The role no longer lets pods be patched. */
  forbidPatch: boolean;
  /** The old token is not taken any more; the new one is mounted. */
  rotateToken(): Promise<void>;
}

/** The two calls of Kubernetes' API that a bridge makes, over TLS, for the holder of the token alone. */
export async function startFakeKubernetes(): Promise<FakeKubernetes> {
  const [cert, key] = await Promise.all(['cert.pem', 'key.pem'].map((name) => readFile(join(TLS, name))));
  const accountDir = await mkdtemp(join(tmpdir(), 'millrace-account-'));
  onTestFinished(() => rm(accountDir, { recursive: true, force: true }));
  let token = 'token-1';
  await Promise.all([
    copyFile(join(TLS, 'cert.pem'), join(accountDir, 'ca.crt')),
    writeFile(join(accountDir, 'namespace'), 'millrace'),
    writeFile(join(accountDir, 'token'), `${token}\n`),
  ]);
  const pods = new Map<string, string | null>();
  const calls: string[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://api');
    const [, , , , namespace, , pod] = pathname.split('/');
    if (request.headers.authorization !== `Bearer ${token}`) return end(response, 401);
    if (namespace !== 'millrace') return end(response, 403);
    if (request.method === 'GET') {
      calls.push('list');
      if (!request.headers.accept?.includes('PartialObjectMetadataList')) return end(response, 406);
      if (!searchParams.get('labelSelector')?.includes('component=worker')) return end(response, 403);
      const items = [...pods].map(([name, cost]) => ({
        metadata: { name, ...(cost === null ? {} : { annotations: { [COST]: cost } }) },
      }));
      return end(response, 200, { kind: 'PartialObjectMetadataList', items });
    }
    if (request.headers['content-type'] !== 'application/merge-patch+json') return end(response, 415);
    if (fake.forbidPatch) return end(response, 403, { message: 'pods is forbidden' });
    const cost = JSON.parse(await textOf(request)).metadata.annotations[COST];
    calls.push(`${pod} ${cost}`);
    if (pod === undefined || !pods.has(pod)) return end(response, 404);
    pods.set(pod, cost);
    return end(response, 200, {});
  }

  const server = createServer({ cert, key }, (request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const fake: FakeKubernetes = {
    apiUrl: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accountDir,
    pods,
    calls,
    forbidPatch: false,
    async rotateToken() {
      token = 'token-2';
      await writeFile(join(accountDir, 'token'), token);
    },
  };
  return fake;
}

function end(response: ServerResponse, status: number, body: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
