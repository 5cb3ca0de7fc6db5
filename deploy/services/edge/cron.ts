import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

const PERIOD_MS = 60_000;
const TIMEOUT_MS = 55_000;

/** Runs the edge's scheduled handler once a minute, until `signal`. Rounds never overlap. */
export async function keepTime(controlSocket: string, signal: AbortSignal, log: Logger): Promise<void> {
  for (;;) {
    const isOn = await sleep(untilNextMinuteMs(Date.now()), true, { signal }).catch(() => false);
    if (!isOn) return;
    await runScheduled(controlSocket, TIMEOUT_MS).catch((error: unknown) => {
      if (!signal.aborted) log.warn({ detail: String(error) }, 'the scheduled handler did not run well');
    });
  }
}

function untilNextMinuteMs(nowMs: number): number {
  return PERIOD_MS - (nowMs % PERIOD_MS);
}

/** One round. Throws when it did not end well. */
export function runScheduled(controlSocket: string, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { socketPath: controlSocket, path: '/', method: 'POST', signal: AbortSignal.timeout(timeoutMs) },
      (response) => {
        response.resume();
        if (response.statusCode === 200) response.once('end', resolve);
        else reject(new Error(`answered ${response.statusCode}`));
        response.once('error', reject);
      },
    );
    asked.once('error', reject);
    asked.end();
  });
}
