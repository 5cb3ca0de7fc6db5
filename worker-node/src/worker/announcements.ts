import type { AnnouncedInit, AnnouncedSegment } from './task-context.ts';

/** What an attempt has stored and the edge has not confirmed yet. */
export interface Announcements {
  add(init: AnnouncedInit | null, segments: readonly AnnouncedSegment[]): void;
  /** Everything that is not confirmed. */
  pending(): Pending;
  /** The edge has accepted what an earlier `pending` returned. */
  confirm(accepted: Pending): void;
  /** The hash of this attempt's own initialisation segment of a track. */
  ownInit(track: string): string | undefined;
  hasNews(): boolean;
  /** Somebody may be waiting to play it: a track has begun, or could be found to differ from the one that stands. */
  isUrgent(): boolean;
}

export interface Pending {
  readonly inits: readonly AnnouncedInit[];
  readonly segments: readonly AnnouncedSegment[];
}

export function createAnnouncements(): Announcements {
  const inits = new Set<AnnouncedInit>();
  const segments = new Set<AnnouncedSegment>();
  const own = new Map<string, string>();
  return {
    add(init, more) {
      if (init) {
        inits.add(init);
        own.set(init.track, init.sha256);
      }
      for (const segment of more) segments.add(segment);
    },
    pending: () => ({ inits: [...inits], segments: [...segments] }),
    confirm(accepted) {
      for (const init of accepted.inits) inits.delete(init);
      for (const segment of accepted.segments) segments.delete(segment);
    },
    ownInit: (track) => own.get(track),
    hasNews: () => inits.size + segments.size > 0,
    isUrgent: () => inits.size > 0 || [...segments].some(({ number }) => number === 0),
  };
}
