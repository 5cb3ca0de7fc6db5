import { createHash } from 'node:crypto';
import type { SourceRef } from '@millrace/shared/media/media-info.ts';
import { TaskFailure } from '../task-failure.ts';
import type { BlockCache } from './block-cache.ts';
import { bareEtag, sameEtag } from './etag.ts';
import { type FetchedObject, fetchObject, type TransferTools } from './fetch-object.ts';
import type { Sign } from './keep-trying.ts';
import type { SignedRequest } from './signed-request.ts';

/**
 * What a task reads of a source. `all`: nothing that is fetched ahead is in vain. `stretch`: as much as it takes to encode
 * something, which another worker may go on with. `glance`: little, as fast as it comes.
 */
export type Reading = 'all' | 'stretch' | 'glance';

/** A task that has the source open: asks for a presigned GET as long as its signal has not fired. */
export interface SourceUser {
  sign: Sign;
  signal: AbortSignal;
  /** Default: `stretch`. */
  reading?: Reading;
  /** Of a `stretch`: so much of it is as good as certain to be read, from where it begins. Default: nothing. */
  likelyBytes?: number;
  /** Bytes were fetched from storage because this task asked for them. */
  onFetched(bytes: number): void;
}

/** Bytes that one request may bring. */
const MAX_RUN_BYTES = 4 * 1024 * 1024;
/** What came last is served from memory: as much as a few readers, each at a place of its own, are kept ahead. */
const RECENT_BYTES = 16 * 1024 * 1024;

/**
 * One object as it was when it was analysed, read in blocks. Each block is fetched once, whoever asks and however many
 * ask at a time; neighbours that are wanted together come with one request.
 */
export class CachedSource {
  readonly source: SourceRef;
  readonly #tools: TransferTools;
  readonly #cache: BlockCache;
  readonly #blockBytes: number;
  readonly #prefix: string;
  readonly #flights = new Map<number, Promise<Buffer>>();
  /** By when they came. */
  readonly #recent = new Map<number, Buffer>();
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
    if (this.isOpen) return;
    this.#closing.abort(new Error('the source was closed'));
    this.#recent.clear();
  }

  /**
   * The block that holds byte `offset`, and where in the object it begins. Of the `wantedBytes` from there on, what
   * nobody has is fetched with it.
   */
  async blockAt(
    user: SourceUser,
    offset: number,
    wantedBytes = 1,
  ): Promise<{ start: number; bytes: Buffer }> {
    const index = Math.floor(offset / this.#blockBytes);
    const start = index * this.#blockBytes;
    const flying = this.#flights.get(index);
    if (flying) return { start, bytes: await flying };
    const kept = this.#recent.get(index) ?? (await this.#cache.get(this.#name(index)));
    if (kept) return { start, bytes: kept };
    // Somebody may have asked while the disk was looked at.
    const flight = this.#flights.get(index) ?? this.#fetchRun(user, index, offset + wantedBytes);
    return { start, bytes: await flight };
  }

  /** True when reading byte `offset` costs nothing, or somebody pays already. */
  isHere(offset: number): boolean {
    const index = Math.floor(offset / this.#blockBytes);
    return this.#has(index);
  }

  /** Starts fetching what lies in this stretch, for a reader who goes straight on. */
  prefetch(user: SourceUser, start: number, end: number): void {
    const last = Math.min(end, this.source.sizeBytes);
    for (let at = start; at < last && this.isOpen; at += this.#blockBytes) {
      const index = Math.floor(at / this.#blockBytes);
      if (this.isHere(at)) continue;
      // Whoever needs the block asks again and gets the error then.
      this.#fetchRun(user, index, last).catch(() => {});
      return;
    }
  }

  #has(index: number): boolean {
    return this.#flights.has(index) || this.#recent.has(index) || this.#cache.has(this.#name(index));
  }

  #name(index: number): string {
    return `${this.#prefix}-${index}`;
  }

  /** Fetches block `first` and those after it that nobody has, up to byte `end`, with one request. */
  #fetchRun(user: SourceUser, first: number, end: number): Promise<Buffer> {
    const count = this.#runLength(first, end);
    const start = first * this.#blockBytes;
    const length = Math.min(count * this.#blockBytes, this.source.sizeBytes - start);
    const whole = this.#fetch(start, length).then((bytes) => {
      user.onFetched(bytes.length);
      return bytes;
    });
    const blocks = Array.from({ length: count }, (_, i) => this.#keepBlock(first + i, whole, i));
    // Each block is somebody's to await, or nobody's.
    for (const block of blocks) block.catch(() => {});
    return blocks[0] ?? whole;
  }

  #runLength(first: number, end: number): number {
    const most = Math.max(1, Math.floor(MAX_RUN_BYTES / this.#blockBytes));
    const last = Math.min(end, this.source.sizeBytes);
    let count = 1;
    while (count < most && (first + count) * this.#blockBytes < last && !this.#has(first + count)) {
      count += 1;
    }
    return count;
  }

  /** The block's part of a run, in the air until it lies in the cache. */
  #keepBlock(index: number, run: Promise<Buffer>, nth: number): Promise<Buffer> {
    const flight = run.then((bytes) => bytes.subarray(nth * this.#blockBytes, (nth + 1) * this.#blockBytes));
    this.#flights.set(index, flight);
    const landed = () => void this.#flights.delete(index);
    flight
      .then((bytes) => {
        this.#remember(index, bytes);
        return this.#cache.put(this.#name(index), bytes);
      })
      .then(landed, landed);
    return flight;
  }

  #remember(index: number, bytes: Buffer): void {
    this.#recent.set(index, bytes);
    const [oldest] = this.#recent.keys();
    if (oldest !== undefined && this.#recent.size * this.#blockBytes > RECENT_BYTES)
      this.#recent.delete(oldest);
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
