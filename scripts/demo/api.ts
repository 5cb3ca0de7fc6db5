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
  progress: z.number(),
  eta_seconds: z.number().nullable(),
  tasks: z.object({ total: z.number(), done: z.number(), running: z.number() }),
  renditions: z.array(
    z.object({
      resolution: z.string(),
      width: z.number(),
      height: z.number(),
      bitrate_kbps: z.number(),
      codec: z.string(),
      duration_seconds: z.number(),
      size_bytes: z.number(),
      output_key: z.string().nullable(),
    }),
  ),
  audio: z.array(z.object({ track: z.string(), output_key: z.string().nullable() })),
  source: z.object({ duration_seconds: z.number() }).nullable(),
  hls_url: z.string().nullable(),
  dash_url: z.string().nullable(),
  poster_url: z.string().nullable(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});

const download = z.object({ download_url: z.string() });
const problem = z.object({ code: z.string(), detail: z.string() });

export type Upload = z.infer<typeof upload>;
export type Job = z.infer<typeof job>;

/** The REST calls that the demo makes. A refusal is thrown as `code: what is wrong`. */
export interface Api {
  beginUpload(file: { name: string; contentType: string; sizeBytes: number }): Promise<Upload>;
  createJob(inputKey: string): Promise<Job>;
  readJob(id: string): Promise<Job>;
  signDownload(outputKey: string): Promise<string>;
}

export function createApi(apiUrl: string, signal: AbortSignal): Api {
  async function call<T>(schema: z.ZodType<T>, path: string, body?: object): Promise<T> {
    const response = await fetch(apiUrl + path, {
      ...(body && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return schema.parse(answer);
    const refusal = problem.safeParse(answer);
    throw new Error(
      refusal.success
        ? `${refusal.data.code}: ${refusal.data.detail}`
        : `${path} answered ${response.status}`,
    );
  }

  return {
    beginUpload({ name, contentType, sizeBytes }) {
      const query = new URLSearchParams({
        filename: name,
        content_type: contentType,
        size_bytes: String(sizeBytes),
      });
      return call(upload, `/upload-url?${query}`);
    },
    createJob: (inputKey) => call(job, '/jobs', { input_key: inputKey }),
    readJob: (id) => call(job, `/jobs/${id}`),
    signDownload: async (outputKey) => (await call(download, `/download-url/${outputKey}`)).download_url,
  };
}
