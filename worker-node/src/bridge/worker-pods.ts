import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { z } from 'zod';

/** What ReplicaSets read when they choose which pod to end: lower costs go first, none is 0. */
const COST = 'controller.kubernetes.io/pod-deletion-cost';

const WORKERS = 'app.kubernetes.io/name=millrace,app.kubernetes.io/component=worker';

/** Names and annotations are all that is wanted: whole pods would be ten times as much. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

const CALL_TIMEOUT_MS = 5_000;

/** The pods of workers, as Kubernetes' API gives them to this process's service account. */
export interface WorkerPods {
  /** What deleting each pod costs now, by the pod's name. */
  costs(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
  /** A pod that is gone needs no cost. */
  setCost(pod: string, cost: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface WorkerPodsOptions {
  /** `https://host:port` of the API server. */
  apiUrl: string;
  /** Where the service account is mounted: `token`, `ca.crt` and `namespace`. */
  accountDir: string;
}

const podList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
    }),
  ),
});

export async function createWorkerPods({ apiUrl, accountDir }: WorkerPodsOptions): Promise<WorkerPods> {
  const read = async (name: string) => (await readFile(join(accountDir, name), 'utf8')).trim();
  const [ca, namespace] = await Promise.all([read('ca.crt'), read('namespace')]);
  const dispatcher = new Agent({ connect: { ca } });
  const pods = `${apiUrl}/api/v1/namespaces/${namespace}/pods`;

  async function call(
    options: { method: 'GET' | 'PATCH'; headers: Record<string, string>; body?: string },
    url: string,
    signal: AbortSignal,
  ): Promise<{ status: number; text: string }> {
    const { statusCode, body } = await request(url, {
      ...options,
      // Read each time: the kubelet replaces it before it expires.
      headers: { ...options.headers, authorization: `Bearer ${await read('token')}` },
      headersTimeout: CALL_TIMEOUT_MS,
      bodyTimeout: CALL_TIMEOUT_MS,
      dispatcher,
      signal,
    });
    return { status: statusCode, text: await body.text() };
  }

  return {
    async costs(signal) {
      // A version of 0 is answered from the API server's memory, not from etcd.
      const query = new URLSearchParams({ labelSelector: WORKERS, resourceVersion: '0' });
      const options = { method: 'GET', headers: { accept: METADATA_ONLY } } as const;
      const { status, text } = await call(options, `${pods}?${query}`, signal);
      if (status !== 200) throw new Error(`listing the pods of workers: ${status} ${text.slice(0, 300)}`);
      const { items } = podList.parse(JSON.parse(text));
      return new Map(items.map(({ metadata }) => [metadata.name, Number(metadata.annotations?.[COST]) || 0]));
    },
    async setCost(pod, cost, signal) {
      const body = JSON.stringify({ metadata: { annotations: { [COST]: String(cost) } } });
      const headers = { 'content-type': 'application/merge-patch+json' };
      const { status, text } = await call({ method: 'PATCH', headers, body }, `${pods}/${pod}`, signal);
      if (status !== 200 && status !== 404)
        throw new Error(`patching ${pod}: ${status} ${text.slice(0, 300)}`);
    },
    close: () => dispatcher.destroy(),
  };
}
