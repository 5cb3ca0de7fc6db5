import { z } from 'zod';

const upload = z.object({
  input_key: z.string(),
  upload_url: z.string(),
  method: z.string(),
  headers: z.record(z.string(), z.string()),
});

const job = z.object({
  id: z.string(),
  status: z.enum(['queued', 'processing', 'completed', 'failed', 'canceled']),
  tasks: z.object({ total: z.number(), done: z.number(), reused: z.number() }),
  renditions: z.array(
    z.object({ resolution: z.string(), size_bytes: z.number(), output_key: z.string().nullable() }),
  ),
  hls_url: z.string().nullable(),
  playable_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type BenchJob = z.infer<typeof job>;

const download = z.object({ download_url: z.string() });
const nothing = z.unknown();

/** The REST calls of a bench, all in one project. An answer that is no success is thrown. */
export interface BenchApi {
  apiUrl: string;
  projectId: string;
  createProject(): Promise<void>;
  beginUpload(sizeBytes: number): Promise<z.infer<typeof upload>>;
  createJob(inputKey: string, profile: object): Promise<BenchJob>;
  readJob(id: string): Promise<BenchJob>;
  cancelJob(id: string): Promise<void>;
  signDownload(outputKey: string): Promise<string>;
  /** The job's stream of server-sent events, from the beginning. */
  openEvents(id: string, signal: AbortSignal): Promise<Response>;
}

const CALL_LIMIT_MS = 30_000;

export function createBenchApi(apiUrl: string, projectId: string): BenchApi {
  const json = { 'content-type': 'application/json' };
  const inProject: Record<string, string> = { ...json, 'x-project-id': projectId };

  async function call<T>(
    schema: z.ZodType<T>,
    method: string,
    path: string,
    body?: object,
    headers = inProject,
  ): Promise<T> {
    const response = await fetch(apiUrl + path, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_LIMIT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
    return schema.parse(text === '' ? null : JSON.parse(text));
  }

  return {
    apiUrl,
    projectId,
    async createProject() {
      // The operator's call: the project is not there yet to be in.
      await call(nothing, 'POST', '/projects', { id: projectId, name: projectId }, json);
    },
    beginUpload(sizeBytes) {
      const query = new URLSearchParams({
        filename: 'film.mp4',
        content_type: 'video/mp4',
        size_bytes: String(sizeBytes),
      });
      return call(upload, 'GET', `/upload-url?${query}`);
    },
    createJob: (input_key, profile) => call(job, 'POST', '/jobs', { input_key, profile }),
    readJob: (id) => call(job, 'GET', `/jobs/${id}`),
    async cancelJob(id) {
      await call(nothing, 'POST', `/jobs/${id}/cancel`, {});
    },
    signDownload: async (key) => (await call(download, 'GET', `/download-url/${key}`)).download_url,
    async openEvents(id, signal) {
      const response = await fetch(`${apiUrl}/jobs/${id}/events/stream`, { headers: inProject, signal });
      if (!response.ok) throw new Error(`the stream of ${id} was answered with ${response.status}`);
      return response;
    },
  };
}
