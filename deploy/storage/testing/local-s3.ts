import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import type { S3Settings } from '../../../edge/src/storage/s3-requests.ts';

const keys = { accessKeyId: 'contract', secretAccessKey: 'contract-secret' };

/** The S3 that `wrangler dev` serves, in memory. */
export async function startLocalS3(): Promise<{ settings: S3Settings; stop(): Promise<void> }> {
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default { fetch: () => new Response(null, { status: 404 }) }',
      compatibilityDate: '2026-11-01',
      r2Buckets: { BUCKET: { id: 'contract', s3Credentials: keys } },
      cf: false,
    }),
  );
  const endpoint = `${(await miniflare.ready).origin}/cdn-cgi/local/r2/s3`;
  return {
    settings: { endpoint, publicEndpoint: endpoint, region: 'auto', bucket: 'contract', ...keys },
    stop: () => miniflare.dispose(),
  };
}
