import type { Permission } from './permission.ts';

/** Why Cloudflare's API did not do what was asked. */
export type ApiFailureKind = 'permission' | 'token' | 'missing' | 'taken' | 'refused' | 'unavailable';

export class ApiFailure extends Error {
  override name = 'ApiFailure';
  readonly kind: ApiFailureKind;
  readonly permission: Permission;

  constructor(kind: ApiFailureKind, permission: Permission, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
    this.permission = permission;
  }
}

export interface ApiError {
  code: number;
  message: string;
}

/** A name that is used already: of a queue, a queue's consumer, a bucket. */
const TAKEN = new Set([11009, 11004, 10004]);
/** No such queue, bucket, Worker, its older and newer codes; no CORS or lifecycle rules. */
const MISSING = new Set([10104, 10006, 10007, 10090, 10059]);
/** The token is not valid at all; the others say what a valid one may not do. */
const BAD_TOKEN = new Set([1000, 6003, 6111, 9106, 9109]);

export function failureOf(
  what: string,
  status: number,
  errors: readonly ApiError[],
  permission: Permission,
): ApiFailure {
  const kind = kindOf(status, errors);
  const said = errors.map(({ code, message }) => `${message} (${code})`).join('; ') || `status ${status}`;
  return new ApiFailure(kind, permission, `${what}: ${explain(kind, permission)}${said}`);
}

function kindOf(status: number, errors: readonly ApiError[]): ApiFailureKind {
  const has = (codes: ReadonlySet<number>) => errors.some(({ code }) => codes.has(code));
  if (has(TAKEN) || status === 409) return 'taken';
  if (has(MISSING) || status === 404) return 'missing';
  if (has(BAD_TOKEN) || status === 401) return 'token';
  if (status === 403) return 'permission';
  return status === 429 || status >= 500 ? 'unavailable' : 'refused';
}

function explain(kind: ApiFailureKind, permission: Permission): string {
  switch (kind) {
    case 'permission':
      return `CLOUDFLARE_API_TOKEN lacks «${permission}», or is not for this account. `;
    case 'token':
      return 'CLOUDFLARE_API_TOKEN is not valid, or no longer. ';
    case 'unavailable':
      return 'Cloudflare does not answer, also after several tries. ';
    case 'missing':
    case 'taken':
    case 'refused':
      return '';
    default:
      return kind satisfies never;
  }
}
