import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { SourceRef } from '@millrace/shared/media/media-info.ts';
import { TaskFailure } from '../task-failure.ts';
import type { BlockCache } from './block-cache.ts';
import { CachedSource, type SourceUser } from './cached-source.ts';
import { bareEtag } from './etag.ts';
import type { TransferTools } from './fetch-object.ts';
import { parseRange } from './range.ts';
import { type ReadingPace, readingPace } from './reading-pace.ts';
import { untilAborted } from './until-aborted.ts';

/** Small, since a chunk that needs a few pictures of a block pays for the whole of it. */
const BLOCK_BYTES = 64 * 1024;
/** A reader that goes straight on is kept ahead by this part of what it has read: what it leaves unread is no more. */
const AHEAD_SHARE = 1 / 64;
const LEAST_AHEAD_BYTES = 128 * 1024;
/** One that only glances at a source would spend its time waiting for requests: it is kept so far ahead. */
const GLANCE_AHEAD_MS = 100;
const MAX_AHEAD_BYTES = 2 * 1024 * 1024;
const TOKEN_BYTES = 24;

/** Serves sources to ffmpeg on the loopback interface, so that ffmpeg never sees a presigned URL. One per process. */
export interface SourceReader {
  open(source: SourceRef, user: SourceUser): OpenSource;
  close(): Promise<void>;
}

export interface OpenSource {
  /** For ffmpeg: unguessable, on 127.0.0.1, with ranges. */
  url: string;
  /** Why what was asked for could not be served, if it could not. Ask before judging what ffmpeg made of it. */
  failure(): TaskFailure | null;
  /** Bytes of the source; fewer at its end. Ends with the user's signal. */
  read(start: number, length: number): Promise<Buffer>;
  close(): void;
}

export async function startSourceReader(
  tools: TransferTools,
  cache: BlockCache,
  blockBytes = BLOCK_BYTES,
): Promise<SourceReader> {
  const sources = new Map<string, CachedSource>();
  const views = new Map<string, View>();
  const server = createServer((request, response) => {
    const view = views.get(request.url?.slice(1) ?? '');
    if (view) void serve(tools, view, request, response);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the source reader has no port');

  return {
    open(source, user) {
      const id = `${source.key}\n${bareEtag(source.etag)}`;
      const cached = sources.get(id) ?? new CachedSource(tools, cache, blockBytes, source);
      sources.set(id, cached);
      cached.open(user);
      const view: View = { source: cached, user, failure: null };
      const token = randomBytes(TOKEN_BYTES).toString('base64url');
      views.set(token, view);
      return {
        url: `http://127.0.0.1:${address.port}/${token}`,
        failure: () => view.failure,
        read: (start, length) => untilAborted(read(view, start, length), user.signal),
        close() {
          views.delete(token);
          cached.close(user);
          if (!cached.isOpen) sources.delete(id);
        },
      };
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A source as one task sees it. */
interface View {
  source: CachedSource;
  user: SourceUser;
  failure: TaskFailure | null;
}

async function serve(
  tools: TransferTools,
  view: View,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const size = view.source.source.sizeBytes;
  const range = parseRange(request.headers.range, size);
  if (request.method !== 'GET' || range === 'unsatisfiable') {
    response.writeHead(range === 'unsatisfiable' ? 416 : 405, { 'content-range': `bytes */${size}` }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  try {
    response.writeHead(range ? 206 : 200, {
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
      'content-length': String(end - start + 1),
      ...(range ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
    });
    const pace = readingPace(tools.clock, response);
    for (let at = start; at <= end && !response.destroyed; ) {
      const block = await view.source.blockAt(view.user, at);
      const piece = block.bytes.subarray(at - block.start, end + 1 - block.start);
      at += piece.length;
      if (!response.write(piece) && !response.destroyed) await drained(response);
      if (at > end || view.source.isHere(at)) continue;
      const ahead = likelyAhead(view.user, start, at) || (await readyFor(view.user, pace, at - start));
      if (response.destroyed) break;
      view.source.prefetch(view.user, at, Math.min(at + ahead, end + 1));
    }
    response.end();
  } catch (error) {
    view.failure ??= failureOf(error);
    response.destroy();
  }
}

/** What is fetched without a look at the reader. Before a stretch there is the index, and a reader turns from that. */
function likelyAhead({ reading, likelyBytes = 0 }: SourceUser, start: number, at: number): number {
  if (reading === 'all') return MAX_AHEAD_BYTES;
  return start === 0 ? 0 : Math.max(0, Math.min(MAX_AHEAD_BYTES, start + likelyBytes - at));
}

/** Waits until a reader who has been sent so many bytes goes on; how many to fetch for it then. */
async function readyFor({ reading }: SourceUser, pace: ReadingPace, sentBytes: number): Promise<number> {
  const ahead = Math.min(MAX_AHEAD_BYTES, LEAST_AHEAD_BYTES + sentBytes * AHEAD_SHARE);
  await pace.untilRead(ahead);
  return reading === 'glance'
    ? Math.min(MAX_AHEAD_BYTES, Math.max(ahead, pace.bytesIn(GLANCE_AHEAD_MS)))
    : ahead;
}

/** ffmpeg sees a file that ends early, whatever the reason: without a name it would look like the source's fault. */
function failureOf(error: unknown): TaskFailure {
  if (error instanceof TaskFailure) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new TaskFailure('worker_error', `the source could not be served: ${reason}`, { cause: error });
}

async function read(view: View, start: number, length: number): Promise<Buffer> {
  const end = Math.min(view.source.source.sizeBytes, start + length);
  const pieces: Buffer[] = [];
  for (let at = start; at < end; ) {
    const block = await view.source.blockAt(view.user, at, end - at);
    const piece = block.bytes.subarray(at - block.start, end - block.start);
    pieces.push(piece);
    at += piece.length;
  }
  return Buffer.concat(pieces);
}

/** Until there is room again, or the reader has gone. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
