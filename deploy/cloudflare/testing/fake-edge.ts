import { corsRule } from '../account/schemas.ts';
import { type AccountState, activeVersion } from './account-state.ts';

/** The API as the check sees it, with storage behind it, served by whatever version the account says is active. */
export function fakeEdge(
  state: () => AccountState,
  worker: string,
  isGood: (tag: string) => boolean,
): typeof fetch {
  const uploads = new Set<string>();
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const script = state().scripts.get(worker);
    const version = activeVersion(script);
    if (url.hostname === 'storage.example')
      return init?.method === 'OPTIONS' ? answerPreflight(state(), init) : putToStorage(uploads, url, init);
    if (!isReachable(state(), url, worker)) throw new TypeError(`getaddrinfo ENOTFOUND ${url.hostname}`);
    if (!version || !isGood(version.tag ?? '')) return Response.json({ title: 'broken' }, { status: 500 });
    return answer(url, init, version.secrets, uploads);
  };
}

function isReachable(state: AccountState, url: URL, worker: string): boolean {
  if (url.hostname === `${worker}.${state.subdomain}.workers.dev`)
    return state.scripts.get(worker)?.workersDev ?? false;
  return state.domains.some(({ hostname, service }) => hostname === url.hostname && service === worker);
}

function answer(
  url: URL,
  init: RequestInit | undefined,
  secrets: Record<string, string>,
  uploads: Set<string>,
): Response {
  const method = init?.method ?? 'GET';
  if (url.pathname === '/health') return Response.json({ status: 'ok' });
  if (url.pathname === '/openapi.json')
    return Response.json({ openapi: '3.1.0', info: { title: 'Millrace', version: '1' } });
  const bearer = new Headers(init?.headers).get('authorization');
  if (bearer !== `Bearer ${secrets.OPERATOR_TOKEN}`)
    return Response.json({ code: 'unauthorized' }, { status: 401 });
  if (method === 'POST' && url.pathname === '/uploads') {
    const { content_type: type, size_bytes: size } = JSON.parse(String(init?.body));
    uploads.add('u1');
    const upload = { upload_id: 'u1', input_key: 'uploads/default/u1/smoke-test.mp4', method: 'single' };
    const signed = `https://storage.example/u1?key=${secrets.S3_ACCESS_KEY}`;
    const headers = { 'content-type': type, 'content-length': String(size) };
    return Response.json({ ...upload, upload_url: signed, headers }, { status: 201 });
  }
  if (method === 'DELETE' && uploads.delete(url.pathname.replace('/uploads/', '')))
    return new Response(null, { status: 204 });
  return Response.json({ code: 'not_found' }, { status: 404 });
}

/** By the rules of the only bucket there is. */
function answerPreflight({ buckets }: AccountState, init: RequestInit): Response {
  const asked = new Headers(init.headers);
  const origin = asked.get('origin') ?? '';
  const method = asked.get('access-control-request-method') ?? '';
  const names = asked.get('access-control-request-headers')?.split(',') ?? [];
  const rules = [...buckets.values()].flatMap(({ cors }) => cors ?? []).map((rule) => corsRule.parse(rule));
  const rule = rules.find(
    ({ allowed: { origins, methods, headers = [] } }) =>
      origins.includes(origin) &&
      methods.includes(method) &&
      names.every((name) => headers.includes(name.trim())),
  );
  if (!rule) return new Response('<Error><Code>AccessForbidden</Code></Error>', { status: 403 });
  const { methods, headers = [] } = rule.allowed;
  return new Response(null, {
    status: 204,
    headers: {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': methods.join(', '),
      'access-control-allow-headers': headers.join(', '),
    },
  });
}

function putToStorage(uploads: Set<string>, url: URL, init: RequestInit | undefined): Response {
  const known = uploads.has(url.pathname.slice(1)) && init?.method === 'PUT';
  if (known && url.searchParams.get('key') === 'bucket-key')
    return new Response('', { headers: { etag: '"e"' } });
  return new Response('<Error><Code>SignatureDoesNotMatch</Code></Error>', { status: 403 });
}
