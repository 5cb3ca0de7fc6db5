import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type FakeOrigin, HOST, PUBLIC_ADDRESS, startFakeOrigin } from '../../testing/fake-origin.ts';
import { createImpatientClock } from '../../testing/impatient-clock.ts';
import { FETCH_LIMITS, type FetchLimits, type FetchTools, fetchUrl } from './fetch-url.ts';
import { internet } from './internet.ts';

const FILM = randomBytes(300_000);
const DIGEST = `sha-256:${createHash('sha256').update(FILM).digest('hex')}`;
const PRIVATE = '10.1.2.3';
const OTHER = `cdn.${HOST}`;

let scratch: string;
let origin: FakeOrigin;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'millrace-fetch-'));
  origin = await startFakeOrigin(scratch);
});
afterAll(async () => {
  await origin.close();
  await rm(scratch, { recursive: true, force: true });
});

let files = 0;
let file: string;
let progress: number[];
let onArrival: () => void;
beforeEach(() => {
  files += 1;
  file = join(scratch, `file-${files}`);
  progress = [];
  onArrival = () => {};
  origin.names = new Map([
    [HOST, [[PUBLIC_ADDRESS]]],
    [OTHER, [[PUBLIC_ADDRESS]]],
  ]);
  origin.resolved = [];
  origin.dialed = [];
  origin.requests = [];
  origin.dead.clear();
  origin.handle = serve({ etag: '"film-1"' });
});

interface Options {
  tools?: Partial<FetchTools>;
  maxBytes?: number;
  signal?: AbortSignal;
  limits?: Partial<FetchLimits>;
}

function fetchIt(url = `https://${HOST}/film.mp4`, options: Options = {}) {
  const { maxBytes = 1_000_000, signal = new AbortController().signal } = options;
  const tools: FetchTools = {
    internet: origin.internet,
    rules: { loopback: false },
    clock: createImpatientClock(),
    random: () => 0.5,
    ...options.tools,
  };
  return fetchUrl(tools, {
    url: new URL(url),
    ...{ file, maxBytes, signal },
    onProgress(share) {
      progress.push(share);
      onArrival();
    },
    limits: { ...FETCH_LIMITS, ...options.limits },
  });
}

/** A server of the film, or of a part of it, as the request asks. */
function serve(headers: Record<string, string>, film = FILM) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const fresh = from > 0 && request.headers['if-range'] === headers.etag;
    const part = fresh ? film.subarray(from) : film;
    const range = { 'content-range': `bytes ${from}-${film.length - 1}/${film.length}` };
    response.writeHead(fresh ? 206 : 200, {
      'content-type': 'video/mp4',
      'content-length': part.length,
      ...headers,
      ...(fresh ? range : {}),
    });
    response.end(part);
  };
}

/** Breaks off when some of so many bytes have arrived, once; then does as `otherwise`. */
function breakOnce(atByte: number, headers: Record<string, string>, otherwise = serve(headers)) {
  let broken = false;
  return (request: IncomingMessage, response: ServerResponse) => {
    if (broken) {
      otherwise(request, response);
      return;
    }
    broken = true;
    response.writeHead(200, { 'content-length': FILM.length, ...headers });
    response.write(FILM.subarray(0, atByte));
    onArrival = () => response.destroy();
  };
}

function redirect(to: (path: string) => string, status = 302) {
  return (request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { location: to(request.url ?? '') }).end();
  };
}

describe('a transfer', () => {
  test('brings the file to disk, with the name spoken in TLS and HTTP', async () => {
    const asked: IncomingMessage[] = [];
    const film = serve({ etag: '"1"' });
    origin.handle = (request, response) => {
      asked.push(request);
      film(request, response);
    };
    await expect(fetchIt(`https://${HOST}/film.mp4?signature=a%20b#part`)).resolves.toEqual({
      sizeBytes: FILM.length,
      contentType: 'video/mp4',
      digest: DIGEST,
    });
    expect(await readFile(file)).toEqual(FILM);
    expect(origin.requests).toEqual([`GET ${HOST} /film.mp4?signature=a%20b`]);
    expect(asked[0]?.headers).toMatchObject({ 'accept-encoding': 'identity' });
    expect(origin.dialed).toEqual([PUBLIC_ADDRESS]);
    expect(progress.at(-1)).toBe(1);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  test('needs no length', async () => {
    origin.handle = (_request, response) => {
      response.writeHead(200).write(FILM.subarray(0, 1_000));
      response.end(FILM.subarray(1_000));
    };
    await expect(fetchIt()).resolves.toMatchObject({ sizeBytes: FILM.length, contentType: null });
    expect(await readFile(file)).toEqual(FILM);
  });

  test('takes the next address when the first is dead', async () => {
    origin.names.set(HOST, [['93.184.216.1', PUBLIC_ADDRESS]]);
    origin.dead.add('93.184.216.1');
    await fetchIt();
    expect(origin.dialed).toEqual(['93.184.216.1', PUBLIC_ADDRESS]);
  });

  test('from an address in place of a name resolves nothing', async () => {
    await fetchIt(`https://${PUBLIC_ADDRESS}/film.mp4`);
    expect(origin.resolved).toEqual([]);
    expect(origin.dialed).toEqual([PUBLIC_ADDRESS]);
  });

  test('with a certificate for another name is none', async () => {
    origin.names.set('elsewhere.example', [[PUBLIC_ADDRESS]]);
    await expect(fetchIt('https://elsewhere.example/')).rejects.toMatchObject({ code: 'source_url_failed' });
    expect(origin.requests).toEqual([]);
  });

  test('leaves no connection behind', async () => {
    await fetchIt();
    await expect.poll(() => origin.connections()).toBe(0);
    origin.handle = (_request, response) => response.writeHead(404).end('x'.repeat(100_000));
    await expect(fetchIt()).rejects.toMatchObject({ code: 'source_url_gone' });
    await expect.poll(() => origin.connections()).toBe(0);
  });
});

describe('an address that is not public', () => {
  test.each([
    ['all that a name resolves to', [PRIVATE]],
    ['one of several', [PUBLIC_ADDRESS, PRIVATE]],
    ['one of several, of the other family', [PUBLIC_ADDRESS, '::1']],
  ])('as %s is refused before anything is connected to', async (_what, addresses) => {
    origin.names.set(HOST, [addresses]);
    await expect(fetchIt()).rejects.toMatchObject({ code: 'source_url_refused' });
    expect(origin.dialed).toEqual([]);
  });

  test('does not reach the owner of the URL in words', async () => {
    origin.names.set(HOST, [[PRIVATE]]);
    await expect(fetchIt()).rejects.not.toThrow(PRIVATE);
  });

  test('that a name takes on after it was checked is not connected to', async () => {
    origin.names.set(HOST, [[PUBLIC_ADDRESS], ['127.0.0.1']]);
    await fetchIt();
    expect(origin.resolved).toEqual([HOST]);
    expect(origin.dialed).toEqual([PUBLIC_ADDRESS]);
  });

  test('that a name takes on between two tries is refused', async () => {
    origin.names.set(HOST, [[PUBLIC_ADDRESS], ['127.0.0.1']]);
    origin.handle = (_request, response) => response.writeHead(503).end();
    await expect(fetchIt()).rejects.toMatchObject({ code: 'source_url_refused' });
    expect(origin.dialed).toEqual([PUBLIC_ADDRESS]);
  });

  test.each([
    ['loopback', 'https://127.0.0.1/'],
    ['metadata', 'https://169.254.169.254/latest/'],
    ['loopback in disguise', 'https://0x7f.0.1/'],
    ['a name that leads inside', 'https://inside.example/'],
    ['http', `http://${HOST}/film.mp4`],
    ['another port', `https://${HOST}:6379/`],
    ['credentials', `https://user:secret@${HOST}/`],
    ['a file', 'file:///etc/passwd'],
  ])('behind a redirect is refused: %s', async (_what, to) => {
    origin.names.set('inside.example', [[PRIVATE]]);
    origin.handle = redirect(() => to);
    await expect(fetchIt()).rejects.toMatchObject({ code: 'source_url_refused' });
    expect(origin.dialed).toEqual([PUBLIC_ADDRESS]);
    expect(origin.requests).toHaveLength(1);
  });
});

describe('redirects', () => {
  test('are followed three times, each checked and connected to anew', async () => {
    const film = serve({});
    const onwards: Record<string, string> = { '/1': '/2', '/2': `https://${OTHER}/3`, '/3': '../4' };
    origin.handle = (request, response) => {
      const to = onwards[request.url ?? ''];
      if (to === undefined) film(request, response);
      else response.writeHead(307, { location: to }).end();
    };
    await fetchIt(`https://${HOST}/1`);
    expect(await readFile(file)).toEqual(FILM);
    expect(origin.requests).toEqual([
      `GET ${HOST} /1`,
      `GET ${HOST} /2`,
      `GET ${OTHER} /3`,
      `GET ${OTHER} /4`,
    ]);
    expect(origin.resolved).toEqual([HOST, HOST, OTHER, OTHER]);
  });

  test('in a circle end', async () => {
    origin.handle = redirect((path) => path);
    await expect(fetchIt()).rejects.toMatchObject({ code: 'source_url_refused' });
    expect(origin.requests).toHaveLength(4);
  });

  test.each([
    ['without a place', undefined],
    ['to nonsense', 'https://'],
  ])('%s are the end', async (_what, location) => {
    origin.handle = (_request, response) => {
      response.writeHead(302, location === undefined ? {} : { location }).end();
    };
    await expect(fetchIt()).rejects.toMatchObject({ code: 'source_url_gone' });
  });
});

describe('a file that is too large', () => {
  test('by its own word is not read', async () => {
    origin.handle = (_request, response) => {
      response.writeHead(200, { 'content-length': 10_000_000_000 }).write('x');
    };
    await expect(fetchIt()).rejects.toMatchObject({ code: 'source_too_large' });
    expect(await readFile(file)).toHaveLength(0);
    await expect.poll(() => origin.connections()).toBe(0);
  });

  test('without a word is cut off at the limit', async () => {
    origin.handle = (_request, response) => {
      const pour = () => {
        while (!response.destroyed && response.write(FILM));
        response.once('drain', pour);
      };
      pour();
    };
    await expect(fetchIt()).rejects.toMatchObject({ code: 'source_too_large' });
    expect((await readFile(file)).length).toBeLessThanOrEqual(1_000_000);
    await expect.poll(() => origin.connections()).toBe(0);
  });

  test('by one byte is too large, and to the byte is not', async () => {
    await expect(fetchIt(undefined, { maxBytes: FILM.length - 1 })).rejects.toMatchObject({
      code: 'source_too_large',
    });
    await rm(file);
    await expect(fetchIt(undefined, { maxBytes: FILM.length })).resolves.toMatchObject({
      sizeBytes: FILM.length,
    });
  });
});

describe('a transfer that breaks off', () => {
  test('goes on where it ended when the file is the same', async () => {
    origin.handle = breakOnce(100_000, { etag: '"1"' });
    await fetchIt();
    expect(await readFile(file)).toEqual(FILM);
    expect(origin.requests[1]).toMatch(/ bytes=[1-9]\d*-$/);
    expect(origin.requests).toHaveLength(2);
  });

  test.each([
    ['weak', { etag: 'W/"1"' }],
    ['missing', {}],
  ])('begins anew when the ETag is %s', async (_what, headers) => {
    origin.handle = breakOnce(100_000, headers);
    await fetchIt();
    expect(await readFile(file)).toEqual(FILM);
    expect(origin.requests).toEqual([`GET ${HOST} /film.mp4`, `GET ${HOST} /film.mp4`]);
  });

  test('takes the new file whole when it has changed', async () => {
    const film = randomBytes(50_000);
    origin.handle = breakOnce(100_000, { etag: '"1"' }, serve({ etag: '"2"' }, film));
    await expect(fetchIt()).resolves.toMatchObject({ sizeBytes: film.length });
    expect(await readFile(file)).toEqual(film);
    expect(origin.requests).toHaveLength(2);
  });

  test.each([
    ['another range', { 'content-range': `bytes 0-${FILM.length - 1}/${FILM.length}`, etag: '"1"' }],
    ['the range of another file', { 'content-range': 'same', etag: '"2"' }],
  ])('begins anew when the server sends %s', async (_what, headers) => {
    let wrong = false;
    const film = serve({ etag: '"1"' });
    origin.handle = breakOnce(100_000, { etag: '"1"' }, (request, response) => {
      if (wrong) return film(request, response);
      wrong = true;
      const from = /\d+/.exec(request.headers.range ?? '')?.[0];
      const range = headers['content-range'].replace(
        'same',
        `bytes ${from}-${FILM.length - 1}/${FILM.length}`,
      );
      response.writeHead(206, { ...headers, 'content-range': range }).end('other bytes');
    });
    await fetchIt();
    expect(await readFile(file)).toEqual(FILM);
    expect(origin.requests).toHaveLength(3);
    expect(origin.requests[2]).toBe(`GET ${HOST} /film.mp4`);
  });

  test('asks on when the server gives less of the range than was asked for', async () => {
    const etag = '"1"';
    origin.handle = breakOnce(100_000, { etag }, (request, response) => {
      const from = Number(/\d+/.exec(request.headers.range ?? '')?.[0]);
      const part = FILM.subarray(from, from + 100_000);
      const range = `bytes ${from}-${from + part.length - 1}/${FILM.length}`;
      response.writeHead(206, { etag, 'content-range': range, 'content-length': part.length }).end(part);
    });
    await fetchIt();
    expect(await readFile(file)).toEqual(FILM);
    expect(origin.requests.slice(1).every((request) => / bytes=[1-9]\d*-$/.test(request))).toBe(true);
  });

  test('before its first byte is not waited for long', async () => {
    origin.handle = (_request, response) => response.destroy();
    await expect(fetchIt()).rejects.toMatchObject({ code: 'source_url_failed' });
    expect(origin.requests).toHaveLength(2);
  });

  test('again and again fails in the end', async () => {
    origin.handle = (_request, response) => {
      response.writeHead(200, { 'content-length': FILM.length }).write('x', () => response.destroy());
    };
    await expect(fetchIt()).rejects.toMatchObject({ code: 'source_url_failed' });
    expect(origin.requests).toHaveLength(FETCH_LIMITS.tries);
  });
});

describe('an answer of', () => {
  test.each([404, 403, 410, 401, 204, 206, 304, 416])('%d is the end', async (status) => {
    origin.handle = (_request, response) => response.writeHead(status).end();
    await expect(fetchIt()).rejects.toMatchObject({ code: 'source_url_gone' });
    expect(origin.requests).toHaveLength(1);
  });

  test.each([500, 503, 429, 408])('%d is worth another try', async (status) => {
    let answers = 0;
    const film = serve({});
    origin.handle = (request, response) => {
      answers += 1;
      if (answers === 1) response.writeHead(status).end();
      else film(request, response);
    };
    await fetchIt();
    expect(await readFile(file)).toEqual(FILM);
  });

  test('nothing at all is no source', async () => {
    origin.handle = (_request, response) => response.writeHead(200).end();
    await expect(fetchIt()).rejects.toMatchObject({ code: 'source_unreadable' });
  });

  test('a compressed file is not taken for the file', async () => {
    origin.handle = serve({ 'content-encoding': 'gzip' });
    await expect(fetchIt()).rejects.toMatchObject({ code: 'source_url_gone' });
  });
});

describe('a server that takes its time', () => {
  const limits = { tries: 2, answerMs: 100, windowMs: 100, minWindowBytes: 50 };

  test('to answer is given up on', async () => {
    origin.handle = () => {};
    await expect(fetchIt(undefined, { limits })).rejects.toThrow('does not answer');
    expect(origin.requests).toHaveLength(2);
    await expect.poll(() => origin.connections()).toBe(0);
  });

  test('to send is given up on, however steadily it drips', async () => {
    origin.handle = (_request, response) => {
      response.writeHead(200, { 'content-length': FILM.length });
      const drip = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(drip));
    };
    const dripped = fetchIt(undefined, { limits: { ...limits, answerMs: 30_000 } });
    await expect(dripped).rejects.toMatchObject({ code: 'source_url_failed' });
    await expect(dripped).rejects.toThrow('too slowly');
    await expect.poll(() => origin.connections()).toBe(0);
  });

  test('altogether is given up on', async () => {
    origin.handle = (_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('x'.repeat(100)), 5);
      response.on('close', () => clearInterval(drip));
    };
    const late = fetchIt(undefined, { limits: { totalMs: 300 } });
    await expect(late).rejects.toThrow('takes too long');
    expect(origin.resolved).toEqual([HOST]);
  });
});

test('a stopped task stops its transfer, with the reason', async () => {
  const stop = new AbortController();
  origin.handle = (_request, response) => {
    response.writeHead(200, { 'content-length': FILM.length }).write('x');
    stop.abort(new Error('drained'));
  };
  await expect(fetchIt(undefined, { signal: stop.signal })).rejects.toThrow('drained');
  await expect.poll(() => origin.connections()).toBe(0);
});

test('on one machine, and only there, plain http to the machine itself is fetched', async () => {
  const server = createServer((_request, response) => void response.end(FILM));
  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
  try {
    const url = `http://localhost:${port}/film.mp4`;
    await expect(fetchIt(url, { tools: { internet } })).rejects.toMatchObject({ code: 'source_url_refused' });
    expect(connections).toBe(0);
    await rm(file);
    await fetchIt(url, { tools: { internet, rules: { loopback: true } } });
    expect(await readFile(file)).toEqual(FILM);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
