/**
 * Stands behind the Cache API, and keeps nothing: storage is next door, and whoever wants a cache puts one in front, where
 * it also spares the edge the request.
 */
export default {
  async fetch(request: Request): Promise<Response> {
    await request.body?.cancel();
    if (request.method === 'PUT') return new Response(null, { status: 204 });
    return new Response(null, { status: 504, headers: { 'cf-cache-status': 'MISS' } });
  },
};
