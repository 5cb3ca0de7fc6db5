import { DurableObject } from 'cloudflare:workers';
import type { NewMessage } from './message.ts';

export interface PulledMessage {
  id: string;
  body: string;
  attempts: number;
  timestamp_ms: number;
  metadata: Record<string, string>;
}

export interface Metrics {
  backlog_bytes: number;
  backlog_count: number;
  /** 0 when there is none. */
  oldest_message_timestamp_ms: number;
}

/** What becomes of a message nobody acknowledges. */
export interface DeliveryRules {
  /** Deliveries after the first one. */
  maxRetries: number;
  /** Takes the messages that were delivered too often; without one they are deleted. */
  deadLetterQueue?: string;
}

/** Cloudflare's default. */
const RETENTION_MS = 4 * 24 * 3600 * 1000;

/**
 * All queues of the stack, in one object: so a message moves to its dead-letter queue in one step.
 *
 * A message can be had by a pull once `visible_at_ms` has come. A pull moves that moment ahead by the visibility
 * timeout, counts an attempt and makes a new lease. Acknowledging any lease the message ever had deletes it, even
 * when another consumer holds a newer one: Cloudflare fences nothing, so neither do we. A message that was
 * delivered more than `maxRetries + 1` times moves on instead of becoming visible again; that is settled whenever
 * somebody looks.
 */
export class QueueObject extends DurableObject {
  readonly #sql: SqlStorage;

  constructor(state: DurableObjectState, env: unknown) {
    super(state, env);
    this.#sql = state.storage.sql;
    this.#sql.exec(SCHEMA);
  }

  /** Milliseconds since 1970. A test may have its own clock. */
  protected nowMs(): number {
    return Date.now();
  }

  send(queue: string, messages: readonly NewMessage[]): void {
    const now = this.nowMs();
    for (const { body, contentType, sizeBytes, source, timestampMs = now, delayMs } of messages) {
      this.#sql.exec(
        `insert into messages (id, queue, body, content_type, size_bytes, source, timestamp_ms, visible_at_ms)
          values (?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[newId(), queue, body, contentType, sizeBytes, source, timestampMs, now + delayMs],
      );
    }
  }

  pull(queue: string, rules: DeliveryRules, options: { batchSize: number; visibilityTimeoutMs: number }) {
    this.#settle(queue, rules);
    const now = this.nowMs();
    return this.#visible(queue, options.batchSize).map((row) => {
      const leaseId = newId();
      const attempts = row.attempts + 1;
      this.#sql.exec(
        'update messages set attempts = ?, visible_at_ms = ? where id = ?',
        ...[attempts, now + options.visibilityTimeoutMs, row.id],
      );
      this.#sql.exec('insert into leases (lease_id, message_id) values (?, ?)', leaseId, row.id);
      return { ...pulled({ ...row, attempts }), lease_id: leaseId };
    });
  }

  peek(queue: string, rules: DeliveryRules, batchSize: number) {
    this.#settle(queue, rules);
    return this.#visible(queue, batchSize).map((row) => ({ ...pulled(row), ref: row.id }));
  }

  /** Answers with the leases that were unknown. */
  settle(
    queue: string,
    rules: DeliveryRules,
    settlement: { acks: string[]; retries: { leaseId: string; delayMs: number }[] },
  ): { acked: number; retried: number; unknown: string[] } {
    const unknown: string[] = [];
    const messageOf = (leaseId: string) => {
      const found = this.#sql
        .exec<{ id: string }>(
          `select id from messages join leases on message_id = id where lease_id = ? and queue = ?`,
          ...[leaseId, queue],
        )
        .toArray()[0];
      if (found === undefined) unknown.push(leaseId);
      return found?.id;
    };
    let acked = 0;
    for (const leaseId of settlement.acks) {
      const id = messageOf(leaseId);
      if (id === undefined) continue;
      this.#delete(id);
      acked += 1;
    }
    let retried = 0;
    for (const { leaseId, delayMs } of settlement.retries) {
      const id = messageOf(leaseId);
      if (id === undefined) continue;
      this.#sql.exec('update messages set visible_at_ms = ? where id = ?', this.nowMs() + delayMs, id);
      retried += 1;
    }
    this.#settle(queue, rules);
    return { acked, retried, unknown };
  }

  /** Deletes peeked messages. Answers with the references that were unknown. */
  purgeMessages(queue: string, refs: string[]): string[] {
    return refs.filter((ref) => {
      const found = this.#sql.exec('select id from messages where id = ? and queue = ?', ref, queue).toArray();
      if (found.length > 0) this.#delete(ref);
      return found.length === 0;
    });
  }

  purge(queue: string): void {
    this.#sql.exec('delete from leases where message_id in (select id from messages where queue = ?)', queue);
    this.#sql.exec('delete from messages where queue = ?', queue);
  }

  metrics(queue: string, rules: DeliveryRules): Metrics {
    this.#settle(queue, rules);
    return this.#sql
      .exec<Metrics & Record<string, SqlStorageValue>>(
        `select count(*) as backlog_count, coalesce(sum(size_bytes), 0) as backlog_bytes,
          coalesce(min(timestamp_ms), 0) as oldest_message_timestamp_ms from messages where queue = ?`,
        queue,
      )
      .one();
  }
}
