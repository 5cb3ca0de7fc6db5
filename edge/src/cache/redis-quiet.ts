import { type Quiet, STIRRED_SECONDS } from '../dispatch/quiet.ts';
import type { RedisGate } from './redis-gate.ts';

/** An isolate that has stirred needs not say so again at once. */
export interface StirMemory {
  stirredAt: number;
}
const SAY_AGAIN_MS = 30_000;

// What was found before is not believed again when the time of stirring is over.
const STIR_SCRIPT = `
redis.call('SET', KEYS[1], '1', 'EX', ARGV[1])
redis.call('DEL', KEYS[2])
return 1
`;

export function redisQuiet(gate: RedisGate, memory: StirMemory, now: () => number, prefix = 'system'): Quiet {
  const [stirredKey, quietKey] = [`${prefix}:stirred`, `${prefix}:quiet`];
  return {
    async stir() {
      if (now() < memory.stirredAt + SAY_AGAIN_MS) return;
      const stirredAt = now();
      await gate.insist(async (redis) => {
        await redis.eval(STIR_SCRIPT, [stirredKey, quietKey], [String(STIRRED_SECONDS)]);
        memory.stirredAt = stirredAt;
      });
    },

    async isQuiet() {
      const [stirred, quiet] = await gate.ask(
        (redis) => redis.mget<(string | null)[]>(stirredKey, quietKey),
        [null, null],
      );
      return !stirred && quiet === '1';
    },

    async settle(untilMs) {
      const seconds = untilMs === null ? 0 : Math.floor((untilMs - now()) / 1000);
      await gate.ask<unknown>(
        (redis) => (seconds > 0 ? redis.set(quietKey, '1', { ex: seconds }) : redis.del(quietKey)),
        null,
      );
    },
  };
}
