import { ApiError } from './api-error.ts';

/** Cloudflare's envelope around a result. */
export function success(result: unknown): Response {
  return Response.json({ success: true, errors: [], messages: [], result });
}

/** Cloudflare's envelope around an error. */
export function failure(error: unknown): Response {
  const told = error instanceof ApiError ? error : new ApiError('internal', String(error));
  const { status, code, message } = told;
  return Response.json(
    { success: false, errors: [{ code, message }], messages: [], result: null },
    { status },
  );
}
