import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { delivery, deliveryWithBody, webhookWithSecret } from '../rest/webhook-json.ts';
import { type RunningWorker, startWorker } from '../testing/start-worker.ts';
import { openTestContext, type TestContext } from '../testing/test-context.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../testing/webhook-receiver.ts';

let outside: TestContext;
let worker: RunningWorker;
let receiver: WebhookReceiver;
beforeAll(async () => {
  outside = await openTestContext();
  receiver = await startWebhookReceiver();
  worker = await startWorker(outside.ctx.config, { WEBHOOK_LOOPBACK: 'true' });
});
afterAll(async () => {
  await worker?.stop();
  await receiver?.close();
  await outside?.close();
});

async function post(path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${worker.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect([path, response.status < 300]).toEqual([path, true]);
  return response.json();
}

test('the Worker sends after its response, signs, and follows no redirect', async () => {
  const webhook = webhookWithSecret.parse(await post('/webhooks', { url: receiver.url }));
  await post(`/webhooks/${webhook.id}/test`);
  await receiver.has(1);
  const [message] = receiver.received;
  expect(new Webhook(webhook.secret).verify(message?.body ?? '', message?.headers ?? {})).toMatchObject({
    type: 'webhook.test',
    data: { webhook_id: webhook.id },
  });

  receiver.answer = { status: 307, headers: { location: new URL('/elsewhere', receiver.url).href } };
  const { id } = delivery.parse(await post(`/webhooks/${webhook.id}/test`));
  const read = async () =>
    deliveryWithBody.parse(
      await (await fetch(`${worker.url}/webhooks/${webhook.id}/deliveries/${id}`)).json(),
    );
  await expect
    .poll(async () => (await read()).attempts, { timeout: 30_000 })
    .toMatchObject([{ status: 307, error: 'redirect' }]);
  expect(receiver.received.map(({ path }) => path)).toEqual(['/hook', '/hook']);
});
