interface ControlEnv {
  EDGE: {
    scheduled(options: { cron: string; scheduledTime: Date }): Promise<{ outcome: string }>;
  };
}

/** Behind a socket of its own that only the program beside it opens: runs the edge's cron, and answers how it went. */
export default {
  async fetch(_request: Request, env: ControlEnv): Promise<Response> {
    const { outcome } = await env.EDGE.scheduled({ cron: '* * * * *', scheduledTime: new Date() });
    return Response.json({ outcome }, { status: outcome === 'ok' ? 200 : 500 });
  },
};
