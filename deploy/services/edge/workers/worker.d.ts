/** The Worker of the edge, as `wrangler` bundles it: `worker.js` lies beside these files once they are built. */
declare const edge: {
  fetch(request: Request, env: Record<string, unknown>, execution: unknown): Promise<Response>;
  scheduled(controller: unknown, env: Record<string, unknown>, execution: unknown): Promise<void>;
};
export default edge;
