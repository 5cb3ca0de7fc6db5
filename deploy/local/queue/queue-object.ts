import { DurableObject } from 'cloudflare:workers';
import type { Env } from './env.ts';
import type { NewMessage } from './message.ts';
import { QUEUES } from './queues.ts';

export type PulledMessage = PeekedMessage & { lease_id: string };

export interface PeekedMessage {
  id: string;
  body: string;
  attempts: number;
  timestamp_ms: number;
  metadata: Record<string, string>;
}

export type Metrics = {
  backlog_bytes: number;
  backlog_count: number;
  /** 0 when there is none. */
  oldest_message_timestamp_ms: number;
};

export interface Settled {
  acked: number;
  retried: number;
  /** Leases that belong to no message any more. */
  unknown: string[];
}

/**
 * Every queue of the stack, in one object: so a message moves to its dead-letter queue in one step.
 *
 * A pull can have a message once `visible_at_ms` has come. It moves that moment ahead by the visibility timeout,
 * counts an attempt and makes a new lease. Acknowledging any lease a message ever had deletes it, even when
 * another consumer holds a newer one: Cloudflare fences nothing, and neither do we. What has been delivered
 * `maxRetries + 1` times moves on instead of becoming visible again; this is settled whenever somebody looks.
 */
export class QueueObject extends DurableObject<Env> {
  readonly #sql: SqlStorage;

  constructor(state: DurableObjectState, env: Env) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec(SCHEMA);
  }

  /** Milliseconds since 1970. Tests have a clock of their own. */
  protected nowMs(): number {
    return Date.now();
  }

  send(queue: string, messages: readonly NewMessage[]): void {
    const nowMs = this.nowMs();
    for (const { body, contentType, sizeBytes, timestampMs = nowMs, delayMs } of messages) {
      this.#sql.exec(
        `insert into messages (id, queue, body, content_type, size_bytes, timestamp_ms, visible_at_ms, attempts)
          values (?, ?, ?, ?, ?, ?, ?, 0)`,
        ...[newId(), queue, body, contentType, sizeBytes, timestampMs, nowMs + delayMs],
      );
    }
  }

  pull(queue: string, batchSize: number, visibilityTimeoutMs: number): PulledMessage[] {
    this.#moveOn();
    const visibleAtMs = this.nowMs() + visibilityTimeoutMs;
    return this.#visible(queue, batchSize).map((row) => {
      const leaseId = newId();
      const attempts = row.attempts + 1;
      this.#sql.exec('insert into leases (id, message_id) values (?, ?)', leaseId, row.id);
      this.#sql.exec(
        'update messages set attempts = ?, visible_at_ms = ? where id = ?',
        ...[attempts, visibleAtMs, row.id],
      );
      return { ...shown(row), attempts, lease_id: leaseId };
    });
  }

  peek(queue: string, batchSize: number): (PeekedMessage & { ref: string })[] {
    this.#moveOn();
    return this.#visible(queue, batchSize).map((row) => ({ ...shown(row), ref: row.id }));
  }

  /** A retry whose message has no delivery left makes it move on at once. */
  settle(queue: string, acks: string[], retries: { leaseId: string; delayMs: number }[]): Settled {
    const maxRetries = QUEUES.find(({ id }) => id === queue)?.maxRetries ?? 0;
    const nowMs = this.nowMs();
    const settled: Settled = { acked: 0, retried: 0, unknown: [] };
    for (const leaseId of acks) {
      const id = this.#leased(queue, leaseId);
      if (id === undefined) settled.unknown.push(leaseId);
      else {
        this.#delete(id);
        settled.acked += 1;
      }
    }
    for (const { leaseId, delayMs } of retries) {
      const id = this.#leased(queue, leaseId);
      if (id === undefined) settled.unknown.push(leaseId);
      else {
        this.#sql.exec(
          'update messages set visible_at_ms = iif(attempts > ?, ?, ?) where id = ?',
          ...[maxRetries, nowMs, nowMs + delayMs, id],
        );
        settled.retried += 1;
      }
    }
    return settled;
  }

  /** Deletes peeked messages. Answers with the references that belong to none. */
  purgeMessages(queue: string, refs: string[]): string[] {
    return refs.filter((ref) => {
      const found = this.#sql
        .exec('select id from messages where id = ? and queue = ?', ref, queue)
        .toArray();
      if (found.length > 0) this.#delete(ref);
      return found.length === 0;
    });
  }

  purge(queue: string): void {
    this.#sql.exec('delete from messages where queue = ?', queue);
  }

  metrics(queue: string): Metrics {
    this.#moveOn();
    return this.#sql
      .exec<Metrics>(
        `select count(*) as backlog_count, coalesce(sum(size_bytes), 0) as backlog_bytes,
          coalesce(min(timestamp_ms), 0) as oldest_message_timestamp_ms from messages where queue = ?`,
        queue,
      )
      .one();
  }

  #moveOn(): void {
    const nowMs = this.nowMs();
    this.#sql.exec('delete from messages where timestamp_ms < ?', nowMs - RETENTION_MS);
    for (const { id, maxRetries, deadLetterQueueId } of QUEUES) {
      const exhausted = 'queue = ? and attempts > ? and visible_at_ms <= ?';
      const values = [id, maxRetries, nowMs];
      if (deadLetterQueueId === undefined) {
        this.#sql.exec(`delete from messages where ${exhausted}`, ...values);
      } else {
        this.#sql.exec(
          `update messages set queue = ?, attempts = 0 where ${exhausted}`,
          deadLetterQueueId,
          ...values,
        );
      }
    }
  }

  #visible(queue: string, limit: number): MessageRow[] {
    return this.#sql
      .exec<MessageRow>(
        `select id, body, content_type, attempts, timestamp_ms from messages
          where queue = ? and visible_at_ms <= ? order by rowid limit ?`,
        ...[queue, this.nowMs(), limit],
      )
      .toArray();
  }

  #leased(queue: string, leaseId: string): string | undefined {
    return this.#sql
      .exec<{ id: string }>(
        `select messages.id from messages join leases on leases.message_id = messages.id
          where leases.id = ? and queue = ?`,
        ...[leaseId, queue],
      )
      .toArray()[0]?.id;
  }

  #delete(id: string): void {
    this.#sql.exec('delete from messages where id = ?', id);
  }
}

/** Cloudflare's default. */
const RETENTION_MS = 4 * 24 * 3600 * 1000;

const SCHEMA = `
  create table if not exists messages (
    id text primary key,
    queue text not null,
    body text not null,
    content_type text not null,
    size_bytes integer not null,
    timestamp_ms integer not null,
    visible_at_ms integer not null,
    attempts integer not null
  );
  create index if not exists messages_by_queue on messages (queue, visible_at_ms);
  create table if not exists leases (
    id text primary key,
    message_id text not null references messages (id) on delete cascade
  );
  create index if not exists leases_by_message on leases (message_id);
`;

type MessageRow = {
  id: string;
  body: string;
  content_type: string;
  attempts: number;
  timestamp_ms: number;
};

function shown({ content_type, ...row }: MessageRow): PeekedMessage {
  return { ...row, metadata: { 'CF-Content-Type': content_type } };
}

function newId(): string {
  return crypto.randomUUID().replaceAll('-', '');
}
