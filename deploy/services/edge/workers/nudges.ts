interface NudgesEnv {
  /** Of one queue: `…/accounts/{account}/queues/{queue}`. */
  QUEUE_URL: string;
  QUEUE_API_TOKEN: string;
}

interface Batch {
  /** Bodies are in base64. */
  messages: { body: string; contentType?: string; delaySecs?: number }[];
}

/**
 * Stands behind the edge's queue binding. Workerd asks for each batch what the binding was given; this asks a queue's REST
 * API for the same: Cloudflare's own, or the stand-in's.
 */
export default {
  async fetch(request: Request, env: NudgesEnv): Promise<Response> {
    if (new URL(request.url).pathname !== '/batch') return new Response(null, { status: 404 });
    const { messages } = (await request.json()) as Batch;
    const response = await fetch(`${env.QUEUE_URL}/messages/batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${env.QUEUE_API_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        messages: messages.map(({ body, delaySecs = 0 }) => ({
          body: JSON.parse(decode(body)),
          content_type: 'json',
          delay_seconds: delaySecs,
        })),
      }),
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) {
      console.warn(
        JSON.stringify({ level: 'warn', msg: 'the queue refused a batch', status: response.status }),
      );
      await response.body?.cancel();
      return new Response(null, { status: 502, statusText: `the queue answered ${response.status}` });
    }
    const { result } = (await response.json()) as { result: unknown };
    return Response.json(result ?? {});
  },
};

function decode(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}
