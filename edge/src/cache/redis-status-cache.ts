import { jobChannel, projectChannel } from './redis-change-feed.ts';
import type { RedisGate } from './redis-gate.ts';
import type { StatusCache } from './status-cache.ts';

/** In place of a record: the job is erased. */
const TOMBSTONE = 'erased';
/** Longer than any write can be under way. */
const TOMBSTONE_SECONDS = 600;

// A value is "version:workDone:record". What is older than what is there is refused; equal parts may differ in what
// they do not count, so the later one wins.
const PUT_SCRIPT = `
local current = redis.call('GET', KEYS[1])
if current == '${TOMBSTONE}' then return 0 end
if current then
  local version, work = string.match(current, '^(%d+):(%d+):')
  if version then
    version, work = tonumber(version), tonumber(work)
    local newVersion, newWork = tonumber(ARGV[1]), tonumber(ARGV[2])
    if version > newVersion or (version == newVersion and work > newWork) then return 0 end
  end
end
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. ARGV[2] .. ':' .. ARGV[3], 'EX', ARGV[4])
redis.call('PUBLISH', ARGV[5], ARGV[3])
redis.call('PUBLISH', ARGV[6], ARGV[3])
return 1
`;

export function redisStatusCache(gate: RedisGate): StatusCache {
  return {
    async get(jobId) {
      const value = await gate.ask((redis) => redis.get<string>(statusKey(jobId)), null);
      const record = typeof value === 'string' ? /^\d+:\d+:(.*)$/s.exec(value)?.[1] : undefined;
      return record === undefined ? null : parseJson(record);
    },

    async put({ jobId, projectId }, record, version, ttlSeconds) {
      const values = [
        ...[version.version, version.workDone, JSON.stringify(record), ttlSeconds].map(String),
        jobChannel(jobId),
        projectChannel(projectId),
      ];
      await gate.ask<unknown>((redis) => redis.eval(PUT_SCRIPT, [statusKey(jobId)], values), null);
    },

    forget: (jobId) =>
      gate.insist((redis) => redis.set(statusKey(jobId), TOMBSTONE, { ex: TOMBSTONE_SECONDS })),
  };
}

export function statusKey(jobId: string): string {
  return `job:${jobId}:status`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
