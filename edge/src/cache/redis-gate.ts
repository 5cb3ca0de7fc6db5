import type { Trace } from '@millrace/shared/trace/trace.ts';
import { Redis } from '@upstash/redis/cloudflare';
import { waited } from '../tracing/waited.ts';

/** How Redis is asked: never for long, and not at all for a while after it failed. */
export interface RedisGate {
  /** Runs one question; `otherwise` when Redis is away, late or refuses. Never throws. */
  ask<T>(question: (redis: Redis) => Promise<T>, otherwise: T): Promise<T>;
  /**
   * Asks up to three times, also a Redis that just failed: for what must not be missed. False when it never answered.
   * Never throws.
   */
  insist(question: (redis: Redis) => Promise<unknown>): Promise<boolean>;
}

/** Outlives the request: when Redis may be asked again, in milliseconds. */
export interface RedisHealth {
  silentUntil: number;
}

const ANSWER_WITHIN_MS = 500;
/** So that a dead Redis costs one wait a second, not one a read. */
const SILENCE_MS = 1_000;

export interface RedisSettings {
  url: string;
  token: string;
  /** Whoever reads waits no longer than that for a cache. Default: half a second. */
  answerWithinMs?: number;
}

/** @param trace The place where every command is a span. */
export function openRedis(
  settings: RedisSettings,
  health: RedisHealth,
  now: () => number,
  trace?: Trace,
): RedisGate {
  const redis = new Redis({
    url: settings.url,
    token: settings.token,
    automaticDeserialization: false,
    // Requests of an isolate must not wait for each other's I/O.
    enableAutoPipelining: false,
    enableTelemetry: false,
    retry: false,
    signal: () => AbortSignal.timeout(settings.answerWithinMs ?? ANSWER_WITHIN_MS),
  });
  if (trace?.isRecording) {
    redis.use((request, next) =>
      waited(trace, commandOf(request.body), { 'db.system.name': 'redis' }, () => next(request)),
    );
  }
  return {
    async ask(question, otherwise) {
      if (now() < health.silentUntil) return otherwise;
      try {
        return await question(redis);
      } catch {
        health.silentUntil = now() + SILENCE_MS;
        return otherwise;
      }
    },
    async insist(question) {
      for (let tries = 0; tries < 3; tries++) {
        try {
          await question(redis);
          return true;
        } catch {
          health.silentUntil = now() + SILENCE_MS;
        }
      }
      return false;
    },
  };
}

/** Its name alone: keys and values stay out of traces. */
function commandOf(body: unknown): string {
  return Array.isArray(body) ? String(body[0]).toUpperCase() : 'REDIS';
}
