import { createHash } from 'node:crypto';
import type { SourceRef } from '@millrace/shared/media/media-info.ts';
import { TaskFailure } from '../task-failure.ts';
import type { BlockCache } from './block-cache.ts';
import { bareEtag, sameEtag } from './etag.ts';
import { type FetchedObject, fetchObject, type TransferTools } from './fetch-object.ts';
import type { Sign } from './keep-trying.ts';
import type { SignedRequest } from './signed-request.ts';

/** A task that has the source open: asks for a presigned GET as long as its signal has not fired. */
export interface SourceUser {
  sign: Sign;
  signal: AbortSignal;
}

/**
 * One object as it was when it was analysed, read in blocks. Each block is fetched once, whoever asks and however many
 * ask at a time.
 */
export class CachedSource {
  readonly source: SourceRef;
  readonly #tools: TransferTools;
  readonly #cache: BlockCache;
  readonly #blockBytes: number;
  readonly #prefix: string;
  readonly #flights = new Map<number, Promise<Buffer>>();
  readonly #users = new Set<SourceUser>();
  #closing = new AbortController();

  constructor(tools: TransferTools, cache: BlockCache, blockBytes: number, source: SourceRef) {
    this.source = source;
    this.#tools = tools;
    this.#cache = cache;
    this.#blockBytes = blockBytes;
    this.#prefix = createHash('sha256')
      .update(`${source.key}\n${bareEtag(source.etag)}`)
      .digest('hex');
  }

  get isOpen(): boolean {
    return this.#users.size > 0;
  }

  open(user: SourceUser): void {
    if (!this.isOpen) this.#closing = new AbortController();
    this.#users.add(user);
  }

  close(user: SourceUser): void {
    this.#users.delete(user);
    if (!this.isOpen) this.#closing.abort(new Error('the source was closed'));
  }

  /** The block that holds byte `offset`, and where in the object it begins. */
  async blockAt(offset: number): Promise<{ start: number; bytes: Buffer }> {
    const index = Math.floor(offset / this.#blockBytes);
    const flying = this.#flights.get(index);
    if (flying) return { start: index * this.#blockBytes, bytes: await flying };
    const flight = this.#load(index).finally(() => this.#flights.delete(index));
    this.#flights.set(index, flight);
    return { start: index * this.#blockBytes, bytes: await flight };
  }

  /** Starts fetching the block after `offset`'s, for a reader who goes straight on. */
  prefetchAfter(offset: number): void {
    const next = (Math.floor(offset / this.#blockBytes) + 1) * this.#blockBytes;
    if (next >= this.source.sizeBytes || !this.isOpen) return;
    // Whoever needs the block asks again and gets the error then.
    this.blockAt(next).catch(() => {});
  }

  async #load(index: number): Promise<Buffer> {
    const name = `${this.#prefix}-${index}`;
    const kept = await this.#cache.get(name);
    if (kept) return kept;
    const start = index * this.#blockBytes;
    const length = Math.min(this.#blockBytes, this.source.sizeBytes - start);
    const block = await this.#fetch(start, length);
    await this.#cache.put(name, block);
    return block;
  }

  async #fetch(start: number, length: number): Promise<Buffer> {
    const answer = await fetchObject(this.#tools, (fresh) => this.#sign(fresh), {
      what: 'the source',
      headers: {
        range: `bytes=${start}-${start + length - 1}`,
        'if-match': `"${bareEtag(this.source.etag)}"`,
      },
      maxBytes: length,
      signal: this.#closing.signal,
      judge: (reply) => this.#judge(reply, length),
    });
    return answer.body;
  }

  /** Anybody's URL will do: a user that was stopped, or has lost its lease, must not fail the others. */
  async #sign(fresh: boolean): Promise<SignedRequest> {
    let failure: unknown = new Error('nobody has the source open');
    for (const { sign, signal } of this.#users) {
      if (signal.aborted) continue;
      try {
        return await sign(fresh);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  #judge(answer: FetchedObject, length: number): void {
    const { status, headers, body } = answer;
    if (status === 404) throw new TaskFailure('source_missing', 'the source object does not exist');
    if (status === 412 || status === 416) throw changed();
    if (status !== 206 && !(status === 200 && length === this.source.sizeBytes)) {
      throw new TaskFailure(
        'storage_unavailable',
        `storage answered a range of the source with HTTP ${status}`,
      );
    }
    if (typeof headers.etag === 'string' && !sameEtag(headers.etag, this.source.etag)) throw changed();
    const total = /\/(\d+)$/.exec(String(headers['content-range'] ?? ''))?.[1];
    if (total !== undefined && Number(total) !== this.source.sizeBytes) throw changed();
    if (body.length !== length) {
      throw new Error(`storage sent ${body.length} bytes of the source instead of ${length}`);
    }
  }
}

function changed(): TaskFailure {
  return new TaskFailure('source_changed', 'the source object is not the one that the job was created for');
}
