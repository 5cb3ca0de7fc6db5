import { convertV4MiniflareOptions, Miniflare } from 'miniflare';
import { localBucketKeys } from '../stack/edge.ts';

/*
 * The local stand-in for R2 in a process of its own, without the rest of `wrangler dev`, so that what it costs can be
 * told from what the edge costs. Bucket and keys as in the wrangler.toml of the control plane. `PORT` says where.
 */
const storage = new Miniflare(
  convertV4MiniflareOptions({
    host: '127.0.0.1',
    port: Number(process.env.PORT),
    modules: true,
    script: "export default { fetch: () => new Response('storage') }",
    compatibilityDate: '2026-11-01',
    r2Buckets: { BUCKET: { id: 'millrace', s3Credentials: localBucketKeys } },
  }),
);
await storage.ready;
await new Promise((resolve) => process.once('SIGTERM', resolve));
await storage.dispose();
