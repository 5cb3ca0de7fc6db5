import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until `condition` holds. `false` when `timeoutMs` passed first. */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 25,
): Promise<boolean> {
  const endMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() >= endMs) return false;
    await sleep(everyMs);
  }
  return true;
}
