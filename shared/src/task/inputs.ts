import type { TaskSpec } from './task-spec.ts';

/** What a task reads, by the names it knows its inputs by. Both sides build them here. */
export const SOURCE_INPUT = 'source';
export const SIDECAR_INPUT = 'sidecar';

/** A track of the job that a task reads: its initialisation segment, and all of its segments or one. */
export interface ReadTrack {
  track: string;
  segment: number | null;
}

/** Published tracks that a task reads, in the order it is given them. */
export function tracksRead(spec: TaskSpec): ReadTrack[] {
  switch (spec.kind) {
    case 'assemble':
      return [...(spec.rendition ? [spec.rendition.name] : []), ...spec.audio.map(({ track }) => track)].map(
        (track) => ({ track, segment: null }),
      );
    case 'storyboard':
      return [{ track: spec.rendition.name, segment: null }];
    case 'measure-quality':
      return spec.renditions.map(({ name }) => ({ track: name, segment: spec.segment }));
    case 'fetch':
    case 'analyze':
    case 'encode-video':
    case 'encode-audio':
    case 'poster':
    case 'subtitles':
    case 'publish':
      return [];
    default:
      return spec satisfies never;
  }
}

/** Objects besides tracks that a task reads: their names, and their keys in storage. */
export function objectsRead(spec: TaskSpec): { name: string; key: string }[] {
  switch (spec.kind) {
    case 'analyze':
    case 'encode-video':
    case 'encode-audio':
    case 'poster':
    case 'measure-quality':
      return [{ name: SOURCE_INPUT, key: spec.source.key }];
    case 'subtitles':
      return 'sidecar' in spec.from
        ? [{ name: SIDECAR_INPUT, key: spec.from.sidecar.key }]
        : [{ name: SOURCE_INPUT, key: spec.from.source.key }];
    case 'fetch':
    case 'storyboard':
    case 'assemble':
    case 'publish':
      return [];
    default:
      return spec satisfies never;
  }
}
