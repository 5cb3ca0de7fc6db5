import type { EventPlace } from './load-project-events.ts';

/** Statements that began earlier may commit that much later: events are looked for again so far back. */
const OVERLAP_MS = 10_000;
const LAST_JOB = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/**
 * What a watcher was told of a project, as far back as events may still come in between. Time is that of the beginning
 * of the statement and numbers are given later, in the order of locks: only both together tell an event.
 */
export interface ToldEvents {
  /** False when it was told before. */
  add(event: EventPlace): boolean;
  /** Behind what place to look for more. */
  lookBehind(): EventPlace;
}

/** @param most How many are remembered at most. In a flood of events one is looked for less far back. */
export function toldEvents(since: string, most = 10_000): ToldEvents {
  const told = new Map<string, EventPlace>();
  let newest = since;
  let forgotten: EventPlace | null = null;

  return {
    add({ at, job_id, number }) {
      const name = `${job_id} ${number}`;
      if (told.has(name)) return false;
      told.set(name, { at, job_id, number });
      if (at > newest) newest = at;
      forget();
      return true;
    },
    lookBehind() {
      const overlap = overlapBehind();
      return forgotten && forgotten.at >= overlap.at ? forgotten : overlap;
    },
  };

  function overlapBehind(): EventPlace {
    const at = new Date(Date.parse(newest) - OVERLAP_MS).toISOString();
    return { at, job_id: LAST_JOB, number: 0 };
  }

  function forget(): void {
    const overlap = overlapBehind();
    for (const [name, place] of told) {
      if (place.at > overlap.at && told.size <= most) return;
      told.delete(name);
      if (place.at > overlap.at && !(forgotten && isBehind(forgotten, place))) forgotten = place;
    }
  }
}

function isBehind(a: EventPlace, b: EventPlace): boolean {
  if (a.at !== b.at) return a.at > b.at;
  return a.job_id === b.job_id ? a.number > b.number : a.job_id > b.job_id;
}
