import { randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { Refusal } from '../refusal.ts';
import type { Storage } from '../storage/storage.ts';
import { openClosedInstallation } from '../testing/closed-installation.ts';
import { filmBytes } from '../testing/film-bytes.ts';

/** An installation that asks everybody who they are, and what lies around it. */
export interface World {
  ctx: Context;
  /** Moves the clock of the edge. The database's stays. */
  passSeconds(seconds: number): void;
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Nobody knows this id. */
export const UNKNOWN = '6f2c9a3e-8d14-4b7a-9c55-0e1d2f3a4b5c';

export async function openWorld(config: Partial<Config> = {}): Promise<World> {
  // Webhooks find nobody: no test waits for names on the internet.
  return openClosedInstallation({ dnsOverHttpsUrl: 'http://127.0.0.1:9/dns', ...config });
}

/** An object that somebody has uploaded, whatever became of its upload. Its key. */
export async function putSource(ctx: Context, bytes = filmBytes(64), project = 'default'): Promise<string> {
  const key = `uploads/${project}/${randomUUID()}/clip.mp4`;
  await ctx.storage.putOnce(key, bytes, 'video/mp4');
  return key;
}

/** A context whose storage is away for these calls. */
export function withoutStorage(ctx: Context, ...calls: (keyof Storage)[]): Context {
  const away = () => Promise.reject(new Refusal('storage_unavailable', 'away', { retryAfterSeconds: 5 }));
  return { ...ctx, storage: { ...ctx.storage, ...Object.fromEntries(calls.map((call) => [call, away])) } };
}

/** A context whose status cache is away. */
export function withoutStatusCache(ctx: Context): Context {
  return {
    ...ctx,
    statusCache: { get: async () => null, put: async () => {}, forget: async () => false },
  };
}

/** A context whose database throws at every statement. */
export function withoutDatabase(ctx: Context, error: Error): Context {
  const db = new Proxy(ctx.db, {
    get: () => () => {
      throw error;
    },
  });
  return { ...ctx, db };
}
