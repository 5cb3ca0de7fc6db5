import { audioCodec, videoCodec } from '../media/profile.ts';
import type { TaskSpec } from './task-spec.ts';

/** Codecs whose tasks can be held back by themselves. */
export const PAUSABLE_CODECS = [...videoCodec.options, ...audioCodec.options] as const;
export type PausableCodec = (typeof PAUSABLE_CODECS)[number];

/** Holds back tasks that nobody has yet. What runs goes on. */
export interface DispatchPause {
  /** Null for those of every project. */
  projectId: string | null;
  /** Null for those of every codec, and of none. */
  codec: PausableCodec | null;
}

/** The codec that a task makes or works on; null where it has to do with none, or with several. */
export function codecOf(spec: TaskSpec): PausableCodec | null {
  switch (spec.kind) {
    case 'encode-video':
    case 'measure-quality':
      // All of one codec.
      return spec.renditions[0]?.codec ?? null;
    case 'encode-audio':
      return spec.codec;
    case 'storyboard':
    case 'assemble':
      return spec.rendition?.codec ?? null;
    case 'fetch':
    case 'analyze':
    case 'poster':
    case 'subtitles':
    case 'publish':
      return null;
    default:
      return spec satisfies never;
  }
}

/** Whether one of the pauses holds the task back. */
export function isPaused(
  task: { projectId: string; codec: PausableCodec | null },
  pauses: readonly DispatchPause[],
): boolean {
  return pauses.some(
    (pause) =>
      (pause.projectId === null || pause.projectId === task.projectId) &&
      (pause.codec === null || pause.codec === task.codec),
  );
}
