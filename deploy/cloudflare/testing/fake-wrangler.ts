import type { WorkerConfig } from '../worker-config.ts';
import type { Wrangler } from '../wrangler.ts';
import type { FakeCloudflare } from './fake-cloudflare.ts';

/**
 * Deploys as wrangler does, call by call: `wrangler.test.ts` runs the real one against the same API. Unlike it, this
 * one gives up at the first call that fails.
 */
export function fakeWrangler(fake: FakeCloudflare, code: () => string): Wrangler {
  const call = async (method: string, path: string, body?: FormData | object) => {
    const response = await fetch(`${fake.url}/accounts/${fake.accountId}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${fake.token}`,
        ...(body && !(body instanceof FormData) ? { 'content-type': 'application/json' } : {}),
      },
      ...(body === undefined ? {} : { body: body instanceof FormData ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`wrangler: ${method} ${path}: ${text}`);
    return JSON.parse(text).result;
  };
  return {
    digest: async () => code(),
    async deploy(config, { tag, message, secrets }) {
      const script = `/workers/scripts/${config.name}`;
      const exists = (await call('GET', `/workers/services/${config.name}`)) !== null;
      const metadata = {
        bindings: [
          ...bindingsOf(config),
          ...[...secrets].map(([name, text]) => ({ type: 'secret_text', name, text })),
        ],
        annotations: { 'workers/tag': tag, 'workers/message': message },
        placement: config.placement,
      };
      const form = new FormData();
      form.set('metadata', JSON.stringify(metadata));
      if (exists) {
        const { id } = await call('POST', `${script}/versions`, form);
        await call('POST', `${script}/deployments`, {
          strategy: 'percentage',
          versions: [{ version_id: id, percentage: 100 }],
          annotations: { 'workers/message': message },
        });
        await call('PATCH', `${script}/script-settings`, { observability: { enabled: true } });
      } else {
        await call('PUT', script, form);
      }
      await call('GET', `/workers/workers/${config.name}`);
      await call('POST', `${script}/subdomain`, { enabled: config.workers_dev, previews_enabled: false });
      await call(
        'PUT',
        `${script}/schedules`,
        config.triggers.crons.map((cron) => ({ cron })),
      );
    },
  };
}

function bindingsOf(config: WorkerConfig) {
  return [
    ...Object.entries(config.vars).map(([name, text]) => ({ type: 'plain_text', name, text })),
    ...config.queues.producers.map(({ binding, queue }) => ({
      type: 'queue',
      name: binding,
      queue_name: queue,
    })),
    ...config.r2_buckets.map(({ binding, ...bucket }) => ({ type: 'r2_bucket', name: binding, ...bucket })),
  ];
}
